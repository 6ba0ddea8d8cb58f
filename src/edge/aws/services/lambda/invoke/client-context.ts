import { isJsonObject, parseJson } from "../../../../../json/json.ts";
import { lambdaError } from "../errors.ts";

/** In Base64. */
const BYTES_MAX = 3_583;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The client context of a call as JSON text in ASCII, without line breaks: it goes on in a header.
 *
 * @throws AwsError where it is not a JSON object in Base64
 */
export function readClientContext(header: string | undefined): string | undefined {
  if (header === undefined || header === "") return undefined;
  const isReadable = header.length <= BYTES_MAX && BASE64.test(header);
  const json = isReadable ? parseJson(Buffer.from(header, "base64").toString()) : undefined;
  if (isJsonObject(json)) return ascii(JSON.stringify(json));
  const message = "Client context must be a valid Base64-encoded JSON object.";
  // So Lambda answers it.
  throw lambdaError("InvalidRequestContentException", message, { members: { Type: null } });
}

function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
