import { BACKSLASH, QUOTE, SPACE } from "./characters.ts";

/** What may stand in a string as it is. */
export const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** Which letter may follow a backslash, `u` apart. */
export const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** What a hexadecimal digit stands for, 255 for what is none. */
export const HEXADECIMAL = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

/** Whether the four bytes of a word are digits: their upper halves are 3, and stay 3 when 6 is added to each. */
export function areFourDigits(word: number): boolean {
  return (((word ^ 0x30303030) | ((word + 0x06060606) ^ 0x30303030)) & 0xf0f0f0f0) === 0;
}
