import type { Json } from "./json.ts";

/** The part of "JSON.parse source text access" that Node.js 24 has and TypeScript's library does not describe yet. */
const { parse, rawJSON } = JSON as unknown as {
  parse: (text: string, reviver: (key: string, value: Json, context: { source?: string }) => Json) => Json;
  rawJSON: (text: string) => Json;
};

/**
 * Parses JSON so that `JSON.stringify` gives every number back as its sender wrote it: 12345678901234567890 and
 * 1.50 too, which a double cannot hold or print. Such a number is an opaque value that can only be passed on or printed.
 * Throws a SyntaxError when the text is not JSON.
 */
export function parseExactly(text: string): Json {
  return parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  );
}
