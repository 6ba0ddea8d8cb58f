import { TokenReader } from "../../../../src/pattern/parse/json-tokens.ts";

/** Where a text stops being JSON: the index of the token that does not belong there; undefined for JSON. */
export function jsonMistakeAt(text: string): number | undefined {
  const reader = new TokenReader(text);
  try {
    for (let token = reader.next(); token.type !== "end"; token = reader.next());
  } catch {
    return reader.tokenAt;
  }
  return undefined;
}

/** Where the token that begins there ends, roughly: a text at its quote or line, a word at its end, else one character. */
export function tokenEnd(text: string, from: number): number {
  const token = /"(?:[^"\\\n]|\\.)*"?|[\w.+-]+|[^]/y;
  token.lastIndex = from;
  return from + (token.exec(text)?.[0].length ?? 0);
}
