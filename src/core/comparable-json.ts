import { parseExactly } from "./exact-json.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * What every number has that a double cannot hold: 16 digits, of which one may be a point, or an exponent. What looks
 * like an exponent counts only near the beginning of a value, since identifiers in hexadecimal digits are full of them.
 * No more than 18 characters are looked at from each place, so that the search is linear.
 */
const MAY_BE_LONG = /[\d.]{16}|[:,[\s]-?\d[\d.]{0,15}[eE]/;

/**
 * Parses JSON so that its numbers can be compared exactly. It is about as quick as `JSON.parse` unless some number may be
 * too long for a double; then numbers are what `parseExactly` makes of them. Undefined when the text is not JSON.
 */
export function parseComparably(text: string): Json | undefined {
  try {
    return parseObjectComparably(text);
  } catch {
    return undefined;
  }
}

/**
 * The same for a text that is known to be an object: an event by the time that it is matched, or a pattern. Throws a
 * SyntaxError when it is not JSON.
 */
export function parseObjectComparably(text: string): JsonObject {
  return (MAY_BE_LONG.test(text) ? parseExactly(text) : JSON.parse(text)) as JsonObject;
}
