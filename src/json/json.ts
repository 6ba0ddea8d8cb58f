/** A JSON value as `JSON.parse` makes it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object. Keys are the sender's: read them with `Object.hasOwn`, never trust `in`. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A number as `parseExactly` keeps it where a double would not print it as it was written. */
export interface RawNumber extends JsonObject {
  readonly rawJSON: string;
}

/** What JSON has since Node.js 21, and TypeScript's library does not describe yet. */
const { isRawJSON } = JSON as unknown as { isRawJSON: (value: unknown) => boolean };

export function isRawNumber(value: unknown): value is RawNumber {
  return isRawJSON(value);
}

/** Whether a JSON value is an object: neither a list nor null, nor a number that `parseExactly` has kept. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** The parsed text; undefined, which no JSON text stands for, when it is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** A value as JSON text for people: cut where it is long. */
export function shownJson(value: unknown, charactersMax: number): string {
  const text = JSON.stringify(value);
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`;
}
