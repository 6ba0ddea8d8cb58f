import type { HeaderValue } from "../../core/broker.ts";
import { cutText } from "../../core/cut-text.ts";

/** When a delayed message is due, epoch milliseconds. Ours alone: nobody else's is passed on. */
export const DUE_AT_HEADER = "busbar-due-at";

const VALUE_BYTES_MAX = 4 * 1024;
const TOTAL_BYTES_MAX = 32 * 1024;
/** So many headers of names and values so long are below both limits, however many bytes a character takes. */
const SMALL_COUNT = 20;
const SMALL_CHARACTERS = 256;

/** Written by the broker about one stay in one queue. On a message published again they would count against it. */
const BROKER_HEADERS = /^x-(death$|first-death-|last-death-|delivery-count$|acquired-count$)/;

/**
 * The headers of a message to publish. amqplib throws on a table of more than 64 KiB, so no value is longer than
 * 4 KiB and the whole stays under 32 KiB: the longest values give way first, and short ones stay as they are.
 */
export function outgoingHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, HeaderValue>> {
  if (areSmall(headers)) return headers;
  const kept = Object.entries(headers).filter((entry): entry is [string, HeaderValue] => isSendable(...entry));
  for (let valueBytesMax = VALUE_BYTES_MAX; ; valueBytesMax /= 2) {
    const cut = kept.map(([name, value]) => [name, cutValue(value, valueBytesMax)] as const);
    if (valueBytesMax < 1 || totalBytes(cut) <= TOTAL_BYTES_MAX) return Object.fromEntries(cut);
  }
}

/** Nearly all are: few, short and ours. */
function areSmall(headers: Readonly<Record<string, unknown>>): headers is Readonly<Record<string, HeaderValue>> {
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    const isSmall = typeof value === "number" || (typeof value === "string" && value.length <= SMALL_CHARACTERS);
    if (!isSmall || ++count > SMALL_COUNT || name.length > SMALL_CHARACTERS || !isSendable(name, value)) return false;
  }
  return true;
}

function isSendable(name: string, value: unknown): boolean {
  if (typeof value !== "string" && typeof value !== "number") return false;
  return name !== DUE_AT_HEADER && !(name.startsWith("x-") && BROKER_HEADERS.test(name));
}

function cutValue(value: HeaderValue, bytesMax: number): HeaderValue {
  return typeof value === "number" ? value : cutText(value, Math.floor(bytesMax));
}

function totalBytes(headers: readonly (readonly [string, HeaderValue])[]): number {
  const lengths = headers.map(
    ([name, value]) => Buffer.byteLength(name) + (typeof value === "string" ? Buffer.byteLength(value) : 8) + 6,
  );
  return lengths.reduce((sum, length) => sum + length, 0);
}
