/** Control characters, those of C1 and line separators among them, and marks that change a text's direction. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Prints on standard output. What a producer, a function or a file wrote never reaches the terminal as a command to it: all that
 * could be one is printed as `\u001b`. In JSON that is the same text, so that a program reads what was there.
 */
export function printText(text: string): void {
  process.stdout.write(escaped(text, "\n"));
}

/** Prints on standard error, in the same way. */
export function printNote(text: string): void {
  process.stderr.write(escaped(text, "\n"));
}

/** A text from outside that is to be a part of a line: nothing in it begins another. */
export function inOneLine(text: string): string {
  return escaped(text, undefined);
}

function escaped(text: string, kept: string | undefined): string {
  return text.replaceAll(UNSAFE, (character) =>
    character === kept ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
