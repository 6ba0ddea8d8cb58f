import type { Limit } from "../limits.ts";
import { isUtf8 } from "node:buffer";
import type { Failure } from "../failure/outcome.ts";
import { isJsonBelow } from "../../json/is-json.ts";

/**
 * Levels of lists and objects that are left for what wraps an answer: its record, the event that holds the record, and the
 * records of the functions that get it, up to 16 of them. An answer itself may have 1,000 levels.
 */
const ENVELOPE_LEVELS = 101;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const SPACE = 0x20;

/** Lambda's own limit on a response: 6 MiB and 100 bytes. */
export const LAMBDA_RESPONSE_LIMIT: Limit = { max: 6 * 1_024 * 1_024 + 100, exceeded: () => undefined };

/**
 * A function's answer as JSON text, for its record. JSON stays as it is, whatever its content type; other text becomes a
 * JSON string, and bytes that are no text a string in base64. An empty answer is undefined. The form never decides whether a
 * call succeeded, as on Lambda. JSON of more than 1,000 levels becomes a string. Takes linear time.
 */
export function responseJsonOf(body: Buffer): string | undefined {
  if (body.length === 0) return undefined;
  const hasMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const bytes = hasMark ? body.subarray(BYTE_ORDER_MARK.length) : body;
  if (isUtf8(bytes) && isJsonBelow(ENVELOPE_LEVELS, bytes)) return bytes.toString("utf8");
  return JSON.stringify(isText(bytes) ? bytes.toString("utf8") : body.toString("base64"));
}

/** Whether bytes are UTF-8 and not mostly control characters, which JSON would write six times as long. */
function isText(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  let controls = 0;
  for (const byte of bytes) if (byte < SPACE) controls++;
  return 2 * controls <= bytes.length;
}

/**
 * The failure of a call whose answer exceeds the limit, in AWS's words. It is not retried: the function has done its work,
 * and would answer as much again.
 */
export function responseTooLarge(limitBytes: number): Failure {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${limitBytes} bytes).`;
  const responseJson = JSON.stringify({ errorMessage, errorType: "Function.ResponseSizeTooLarge" });
  return { ok: false, reason: "invalid_response", message: errorMessage, responseJson };
}
