import { createHash } from "node:crypto";

/** What a receipt names: the nth receive of a message. */
export interface HoldReceipt {
  /** The queue's number in this database. */
  readonly queue: number;
  readonly sequence: number;
  /** Counted from 1. */
  readonly receive: number;
  /** Of the message's id. Another database may have another message at the same place. */
  readonly digest: string;
}

const VERSION = 1;
const LENGTH = 21;
const DIGEST_BYTES = 6;

/** A receipt as text: version, queue, sequence, receive and digest, 21 bytes in base64url. It is no secret. */
export function writeReceipt({ queue, sequence, receive, digest }: HoldReceipt): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt32BE(queue, 1);
  bytes.writeUIntBE(sequence, 5, 6);
  bytes.writeUInt32BE(receive, 11);
  bytes.write(digest, 15, "hex");
  return bytes.toString("base64url");
}

/** Undefined for a text that is no receipt. */
export function readReceipt(text: string): HoldReceipt | undefined {
  if (!/^[\w-]{28}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  if (bytes[0] !== VERSION) return undefined;
  return {
    queue: bytes.readUInt32BE(1),
    sequence: bytes.readUIntBE(5, 6),
    receive: bytes.readUInt32BE(11),
    digest: bytes.toString("hex", 15),
  };
}

/** The digest of a message's id. */
export function idDigest(id: string): string {
  return createHash("sha256").update(id).digest().toString("hex", 0, DIGEST_BYTES);
}
