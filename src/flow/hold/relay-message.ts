import type { JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { decodeMarked, encodeMarked, messageMark } from "../../json/marked-bytes.ts";

/** An answer on its way to another router: a few fields, and bytes that are neither escaped nor in base64. */
export interface RelayedAnswer {
  readonly fields: JsonObject;
  readonly body: Buffer;
}

/**
 * The messages between routers about one answer, in this order: who holds it (to all), held here, the answer, taken (each
 * to one router). `ask` joins a reply to its question, and `from` is the sender's address.
 */
export type RelayMessage =
  | { readonly type: "who"; readonly ask: string; readonly from: string; readonly scope: string; readonly id: string }
  | { readonly type: "held"; readonly ask: string; readonly from: string; readonly remainingMs: number }
  | {
      readonly type: "answer";
      readonly ask: string;
      readonly from: string;
      readonly scope: string;
      readonly id: string;
      readonly answer: RelayedAnswer;
    }
  | { readonly type: "taken"; readonly ask: string };

/** A header holds a few names and ids. */
const HEADER_BYTES_MAX = 16_384;

/** The mark that a message of this kind begins with. */
export function relayMark(kind: string): Buffer {
  return messageMark(kind, 3);
}

export function encodeRelayMessage(mark: Buffer, message: RelayMessage): Buffer {
  const { body, header } = partsOf(message);
  return encodeMarked(mark, header, body);
}

/** Undefined for a message without this mark, and for one that cannot be read. The body shares the memory of `bytes`. */
export function decodeRelayMessage(mark: Buffer, bytes: Buffer): RelayMessage | undefined {
  const read = decodeMarked(mark, bytes, HEADER_BYTES_MAX);
  if (read === undefined) return undefined;
  const { header, body } = read;
  const { type, ask, from, scope, id, remainingMs, fields } = header;
  if (typeof ask !== "string") return undefined;
  if (type === "taken") return { type, ask };
  if (typeof from !== "string") return undefined;
  if (type === "held") return typeof remainingMs === "number" ? { type, ask, from, remainingMs } : undefined;
  if (typeof scope !== "string" || typeof id !== "string") return undefined;
  if (type === "who") return { type, ask, from, scope, id };
  if (type !== "answer" || !isJsonObject(fields)) return undefined;
  return { type, ask, from, scope, id, answer: { fields, body } };
}

function partsOf(message: RelayMessage): { readonly header: object; readonly body: Buffer } {
  if (message.type !== "answer") return { header: message, body: NO_BODY };
  const { answer, ...header } = message;
  return { header: { ...header, fields: answer.fields }, body: answer.body };
}

const NO_BODY = Buffer.alloc(0);
