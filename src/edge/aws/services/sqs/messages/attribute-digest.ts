import { createHash } from "node:crypto";
import type { MessageAttributes } from "../../../../../domain/queue/message-attributes.ts";

const TEXT = Buffer.from([1]);
const BINARY = Buffer.from([2]);

/**
 * SQS's MD5 of message attributes: by name, each with its length, the type with its label, and the value ("Calculating
 * the MD5 message digest for message attributes", Amazon SQS Developer Guide). Undefined where there are none.
 */
export function attributeDigest(attributes: MessageAttributes): string | undefined {
  if (attributes.size === 0) return undefined;
  const hash = createHash("md5");
  const add = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  const sorted = [...attributes].map(([name, attribute]) => ({ name: Buffer.from(name), ...attribute }));
  sorted.sort((one, other) => Buffer.compare(one.name, other.name));
  for (const { name, type, value } of sorted) {
    const isBinary = isBinaryType(type);
    add(name);
    add(Buffer.from(type));
    hash.update(isBinary ? BINARY : TEXT);
    add(Buffer.from(value, isBinary ? "base64" : "utf8"));
  }
  return hash.digest("hex");
}

export function textDigest(text: string | Buffer): string {
  return createHash("md5").update(text).digest("hex");
}

/** The deduplication id that a body has by itself. */
export function bodyDigest(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}

export function isBinaryType(type: string): boolean {
  return type === "Binary" || type.startsWith("Binary.");
}
