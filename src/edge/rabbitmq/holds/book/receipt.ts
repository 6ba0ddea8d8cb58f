import { createHash } from "node:crypto";
import { HEADER } from "../../../../domain/delivery/headers.ts";
import type { Received } from "../../../../domain/queue/message.ts";

/** What a receipt names: one receive of a message, by one router. */
export interface RouterReceipt {
  /** The router's session, 16 hexadecimal digits. */
  readonly session: string;
  /** The number of the hold in that session. */
  readonly number: number;
  readonly fingerprint: string;
}

const VERSION = 1;
const LENGTH = 32;
export const FINGERPRINT_BYTES = 12;
const CHECK_AT = 27;

/** Tells a message of a queue from all others of it, for as long as nobody holds it. */
export function fingerprintOf(queue: string, { id, body, headers }: Received): string {
  const sentAt = headers[HEADER.sentAt];
  const hash = createHash("sha256").update(JSON.stringify([queue, id, typeof sentAt === "number" ? sentAt : null]));
  return hash.update(body).digest().toString("hex", 0, FINGERPRINT_BYTES);
}

/** Names the receive of a receipt among all receives: routers with different clocks know it by that. */
export function receiveOf({ session, number }: Pick<RouterReceipt, "session" | "number">): string {
  return `${session}/${number}`;
}

/** A receipt as text: version, session, number, fingerprint and check, 32 bytes in base64url. It is no secret. */
export function encodeReceipt(queue: string, { session, number, fingerprint }: RouterReceipt): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.writeUInt8(VERSION, 0);
  bytes.write(session, 1, "hex");
  bytes.writeUIntBE(number, 9, 6);
  bytes.write(fingerprint, 15, "hex");
  checkOf(queue, bytes).copy(bytes, CHECK_AT);
  return bytes.toString("base64url");
}

/** Undefined for a text that is no receipt of the queue. */
export function decodeReceipt(queue: string, text: string): RouterReceipt | undefined {
  if (!/^[\w-]{43}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  if (bytes[0] !== VERSION || bytes.toString("base64url") !== text) return undefined;
  if (!checkOf(queue, bytes).equals(bytes.subarray(CHECK_AT))) return undefined;
  return {
    session: bytes.toString("hex", 1, 9),
    number: bytes.readUIntBE(9, 6),
    fingerprint: bytes.toString("hex", 15, CHECK_AT),
  };
}

/** Binds a receipt to its queue, and finds one that was cut or garbled. */
function checkOf(queue: string, bytes: Buffer): Buffer {
  const hash = createHash("sha256").update(bytes.subarray(0, CHECK_AT)).update(queue);
  return hash.digest().subarray(0, LENGTH - CHECK_AT);
}
