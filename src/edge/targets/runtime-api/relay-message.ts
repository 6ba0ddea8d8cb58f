import { isJsonObject, parseJson } from "../../../core/json.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";

/** What routers say to each other about answers. `ask` ties the reply to the question. */
export type RelayMessage =
  | { readonly type: "answer"; readonly ask: string; readonly answer: EnvironmentAnswer }
  | { readonly type: "taken"; readonly ask: string };

/** Marks a broadcast as one of these; it also carries the version of the layout. */
const MARK = Buffer.from("busbar-runtime-api/1\n");
const LENGTH_BYTES = 4;

/** Mark, length of the header, header in JSON, body as it is: an answer of 6 MiB is neither escaped nor in base64. */
export function encodeRelayMessage(message: RelayMessage): Buffer {
  const { body, ...answer } = message.type === "answer" ? message.answer : {};
  const fields = { type: message.type, ask: message.ask, ...answer, hasBody: body !== undefined };
  const header = Buffer.from(JSON.stringify(fields));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(header.length);
  return Buffer.concat([MARK, length, header, body ?? Buffer.alloc(0)]);
}

/** Undefined for whatever else is broadcast. The body shares the memory of `bytes`. */
export function decodeRelayMessage(bytes: Buffer): RelayMessage | undefined {
  const start = MARK.length + LENGTH_BYTES;
  if (bytes.length < start || !bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  const end = start + bytes.readUInt32BE(MARK.length);
  const header = parseJson(bytes.toString("utf8", start, end));
  if (!isJsonObject(header)) return undefined;
  const { type, ask, functionName, id, kind, hasBody, limitBytes } = header;
  if (typeof ask !== "string") return undefined;
  if (type === "taken") return { type, ask };
  if (type !== "answer" || typeof functionName !== "string" || typeof id !== "string") return undefined;
  if (kind !== "response" && kind !== "error") return undefined;
  const body = hasBody === true ? bytes.subarray(end) : undefined;
  const limit = typeof limitBytes === "number" ? { limitBytes } : {};
  return { type, ask, answer: { functionName, id, kind, body, ...limit } };
}
