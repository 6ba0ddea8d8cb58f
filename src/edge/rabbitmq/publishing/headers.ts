import type { HeaderValue } from "../../../domain/queue/message.ts";
import { cutText } from "../../../text/cut-text.ts";
import { EVENT_HEADER_BYTES_MAX, HEADER, isOwnHeader } from "../../../domain/delivery/headers.ts";

const VALUE_BYTES_MAX = 4 * 1024;
/** Values are not cut shorter than this: they would say nothing any more. */
const VALUE_BYTES_MIN = 64;
const TOTAL_BYTES_MAX = 32 * 1024;
/** So many headers of names and values so long are below both limits, however many bytes a character takes. */
const SMALL_COUNT = 20;
const SMALL_CHARACTERS = 256;

/** Written by the broker about one stay in one queue. On a message published again they would count against it. */
const BROKER_HEADERS = /^x-(death$|first-death-|last-death-|delivery-count$|acquired-count$)/;

/**
 * The headers of a message to publish. amqplib throws on a table of more than 64 KiB, so no value is longer than
 * 4 KiB and the whole stays under 32 KiB: the longest values give way first, and short ones stay as they are. Where
 * that is not enough, those that are not ours are left out: a message that could not be moved would be held for ever.
 */
export function outgoingHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, HeaderValue>> {
  if (areSmall(headers)) return headers;
  const kept = Object.entries(headers).filter((entry): entry is [string, HeaderValue] => isSendable(...entry));
  for (let valueBytesMax = VALUE_BYTES_MAX; valueBytesMax >= VALUE_BYTES_MIN; valueBytesMax /= 2) {
    const cut = kept.map(([name, value]) => cutHeader(name, value, valueBytesMax));
    if (totalBytes(cut) <= TOTAL_BYTES_MAX) return Object.fromEntries(cut);
  }
  return Object.fromEntries(firstThatFit(kept));
}

function firstThatFit(
  headers: readonly (readonly [string, HeaderValue])[],
): readonly (readonly [string, HeaderValue])[] {
  const ours = headers.filter(([name]) => isOwnHeader(name));
  const others = headers.filter(([name]) => !isOwnHeader(name));
  const cut = [...ours, ...others].map(([name, value]) => cutHeader(name, value, VALUE_BYTES_MAX));
  let bytes = 0;
  return cut.filter((header) => (bytes += totalBytes([header])) <= TOTAL_BYTES_MAX);
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
  return name !== HEADER.dueAt && !(name.startsWith("x-") && BROKER_HEADERS.test(name));
}

/** An event is whole or useless, and its length is bounded where it is written. */
function cutHeader(name: string, value: HeaderValue, bytesMax: number): readonly [string, HeaderValue] {
  const whole = name === HEADER.event && Buffer.byteLength(String(value)) <= EVENT_HEADER_BYTES_MAX;
  return [name, whole ? value : cutValue(value, bytesMax)];
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
