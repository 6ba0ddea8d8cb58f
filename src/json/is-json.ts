import { CLOSE_OBJECT, OPEN_OBJECT, SPACE } from "./characters.ts";
import { JsonBytes, WRONG } from "./json-bytes.ts";

/** No room is kept for a longer text. An event is hardly ever longer. */
const BYTES_MAX = 2 * 1_048_576;

const json = new JsonBytes();

/**
 * Whether a text in UTF-8 is what `JSON.parse` takes, of whatever depth. Nothing is made of it, which takes a quarter of
 * the time that parsing does where there are many members; one long text takes twice as long.
 */
export function isJson(text: Buffer): boolean {
  // A text that is wrong, or deeper than an event may be, is read again with room for any depth.
  return isJsonBelow(0, text) || isValue(new JsonBytes(text.length), 0, text);
}

/**
 * Whether a text in UTF-8 begins and ends as a JSON object does. It is a hint that takes no time, not a proof: what is
 * between is not read.
 */
export function isBraced(text: Buffer): boolean {
  let start = 0;
  let end = text.length - 1;
  while (isSpace(text[start])) start++;
  while (isSpace(text[end])) end--;
  return text[start] === OPEN_OBJECT && text[end] === CLOSE_OBJECT;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Whether a text in UTF-8 is JSON that an event can hold below so many levels of its own: nothing then is too deep for
 * the matcher. A text of any length is read in one scan, and no room is kept for a long one.
 */
export function isJsonBelow(levels: number, text: Buffer): boolean {
  const reader = text.length <= BYTES_MAX ? json : new JsonBytes();
  return isValue(reader, levels, text);
}

/** @param outside how many levels are open around it */
function isValue(reader: JsonBytes, outside: number, text: Buffer): boolean {
  reader.load(text);
  const end = reader.skipValue(reader.skipSpace(0), outside);
  return end !== WRONG && reader.skipSpace(end) === reader.length;
}
