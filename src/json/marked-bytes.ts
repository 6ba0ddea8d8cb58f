import type { JsonObject } from "./json.ts";
import { isJsonObject, parseJson } from "./json.ts";

/** A message of a few fields, and bytes that are neither escaped nor in base64. */
export interface MarkedMessage {
  readonly header: JsonObject;
  readonly body: Buffer;
}

const LENGTH_BYTES = 4;

/** The mark that messages of a kind begin with. It has the version of the layout. */
export function messageMark(kind: string, version: number): Buffer {
  return Buffer.from(`busbar-${kind}/${version}\n`);
}

/** The mark, the header's length, the header in JSON, and the body. */
export function encodeMarked(mark: Buffer, header: object, body: Buffer): Buffer {
  const headerBytes = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(headerBytes.length);
  return Buffer.concat([mark, length, headerBytes, body]);
}

/** Undefined for a message without this mark, and for one that cannot be read. The body shares the memory of `bytes`. */
export function decodeMarked(mark: Buffer, bytes: Buffer, headerBytesMax: number): MarkedMessage | undefined {
  const start = mark.length + LENGTH_BYTES;
  if (bytes.length < start || !bytes.subarray(0, mark.length).equals(mark)) return undefined;
  const headerBytes = bytes.readUInt32BE(mark.length);
  if (headerBytes > headerBytesMax) return undefined;
  const header = parseJson(bytes.toString("utf8", start, start + headerBytes));
  return isJsonObject(header) ? { header, body: bytes.subarray(start + headerBytes) } : undefined;
}
