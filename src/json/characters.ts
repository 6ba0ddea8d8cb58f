/** The characters that JSON (RFC 8259) gives a meaning to, by their codes, which are their bytes in UTF-8 as well. */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const MINUS = 0x2d;
export const PLUS = 0x2b;
export const POINT = 0x2e;
export const ZERO = 0x30;
export const ONE = 0x31;
export const DIGIT_LAST = 0x39;
export const SPACE = 0x20;
/** The bit by which a small letter differs from its capital. */
export const LOWER_CASE = 0x20;
export const LETTER_E = 0x65;
export const LETTER_F = 0x66;
export const LETTER_N = 0x6e;
export const LETTER_T = 0x74;
export const LETTER_U = 0x75;

/** From the opening quote of a string in UTF-8 to behind its closing quote, or to the end of a text that lacks one. */
export function stringEnd(json: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}
