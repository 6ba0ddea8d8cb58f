/** Control characters, those of C1 and line separators included, and marks that change a text's direction. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A text for a terminal. Line feeds are kept. */
export function escaped(text: string): string {
  return escapedExcept(text, "\n");
}

/** A text from outside, to be a part of a line: nothing in it begins another line. */
export function inOneLine(text: string): string {
  return escapedExcept(text, undefined);
}

function escapedExcept(text: string, kept: string | undefined): string {
  return text.replaceAll(UNSAFE, (character) =>
    character === kept ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
