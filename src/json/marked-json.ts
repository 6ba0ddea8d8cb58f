import type { Json } from "./json.ts";
import { parseJson } from "./json.ts";

/** Messages that begin with a mark, so that several kinds can share a channel, and have JSON after it. */
export interface MarkedJson {
  encode(value: object): Buffer;
  /** Undefined for a message with another mark, and for one that is not JSON. */
  decode(bytes: Buffer): Json | undefined;
}

/** @param mark what every message begins with: its kind, and the version of its layout. */
export function markedJson(mark: string): MarkedJson {
  const head = Buffer.from(`${mark}\n`);
  return {
    encode: (value) => Buffer.concat([head, Buffer.from(JSON.stringify(value))]),
    decode: (bytes) =>
      bytes.subarray(0, head.length).equals(head) ? parseJson(bytes.toString("utf8", head.length)) : undefined,
  };
}
