/**
 * Strict JSON (RFC 8259) as bytes: steps over a value and returns where it ends, without making anything of it. It accepts
 * what `JSON.parse` accepts, and nothing else, down to a bound of levels. Every method takes the place where it begins and
 * returns the place after what it read, or `WRONG`.
 *
 * Three things make it quick. The text is copied and a zero put behind it, which JSON allows nowhere: no loop has to ask
 * for the end. One lookup in a table tells whether a byte of a string is plain. Open lists and objects are kept in an array
 * of bytes, so that nesting calls no function.
 */
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DIGIT_LAST,
  LETTER_E,
  LETTER_F,
  LETTER_N,
  LETTER_T,
  LETTER_U,
  LOWER_CASE,
  MINUS,
  ONE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  ZERO,
} from "./characters.ts";
import { areFourDigits, ESCAPED, HEXADECIMAL, PLAIN } from "./byte-tables.ts";
import { EVENT_LEVELS_MAX } from "./depth.ts";

export const WRONG = -1;

/** Room behind the text: for the zero, and for the bytes that are read together with its last one. */
const PADDING = 8;

/** The text that is being read, with a zero behind it. */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(65_536);
  /** The same, for reading four bytes at once. */
  words = new DataView(this.bytes.buffer);
  length = 0;
  readonly #isObject: Uint8Array;
  readonly #levelsMax: number;

  /** @param levelsMax how deep a value may be, with what is around it */
  constructor(levelsMax = EVENT_LEVELS_MAX) {
    this.#isObject = new Uint8Array(levelsMax + 2);
    this.#levelsMax = levelsMax;
  }

  /** Copies a text in. */
  load(text: Uint8Array): void {
    if (text.length + PADDING > this.bytes.length) {
      this.bytes = new Uint8Array(2 * text.length + PADDING);
      this.words = new DataView(this.bytes.buffer);
    }
    this.bytes.set(text);
    this.bytes[text.length] = 0;
    this.length = text.length;
  }

  skipSpace(start: number): number {
    const bytes = this.bytes;
    let at = start;
    for (;;) {
      const byte = bytes[at] as number;
      if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at;
      at++;
    }
  }

  /** From behind the opening quote to behind the closing one. */
  skipString(start: number): number {
    const bytes = this.bytes;
    let at = start;
    for (;;) {
      while (PLAIN[bytes[at] as number] === 1) at++;
      if (bytes[at] === QUOTE) return at + 1;
      if (bytes[at] !== BACKSLASH) return WRONG;
      at = this.skipEscape(at + 1);
      if (at === WRONG) return WRONG;
    }
  }

  /** From behind the backslash. */
  skipEscape(at: number): number {
    const bytes = this.bytes;
    const letter = bytes[at] as number;
    if (ESCAPED[letter] === 1) return at + 1;
    if (letter !== LETTER_U) return WRONG;
    for (let digit = at + 1; digit <= at + 4; digit++) {
      if (HEXADECIMAL[bytes[digit] as number] === 255) return WRONG;
    }
    return at + 5;
  }

  skipNumber(start: number): number {
    const bytes = this.bytes;
    let at = start;
    if (bytes[at] === MINUS) at++;
    let digit = (bytes[at] as number) - ZERO;
    if (digit >>> 0 > 9) return WRONG;
    at++;
    if (digit !== 0) while (((bytes[at] as number) - ZERO) >>> 0 <= 9) at++;
    if (bytes[at] === POINT) {
      digit = (bytes[++at] as number) - ZERO;
      if (digit >>> 0 > 9) return WRONG;
      at++;
      // Fractions are long: four digits at once.
      const words = this.words;
      while (areFourDigits(words.getInt32(at, true))) at += 4;
      while (((bytes[at] as number) - ZERO) >>> 0 <= 9) at++;
    }
    if (((bytes[at] as number) | LOWER_CASE) !== LETTER_E) return at;
    const sign = bytes[++at];
    if (sign === PLUS || sign === MINUS) at++;
    digit = (bytes[at] as number) - ZERO;
    if (digit >>> 0 > 9) return WRONG;
    while (((bytes[at] as number) - ZERO) >>> 0 <= 9) at++;
    return at;
  }

  /** `true`, `false` or `null`. */
  skipLiteral(at: number): number {
    const bytes = this.bytes;
    const first = bytes[at];
    if (first === LETTER_T) {
      return bytes[at + 1] === 0x72 && bytes[at + 2] === LETTER_U && bytes[at + 3] === LETTER_E ? at + 4 : WRONG;
    }
    if (first === LETTER_N) {
      return bytes[at + 1] === LETTER_U && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c ? at + 4 : WRONG;
    }
    if (first !== LETTER_F || bytes[at + 1] !== 0x61 || bytes[at + 2] !== 0x6c) return WRONG;
    return bytes[at + 3] === 0x73 && bytes[at + 4] === LETTER_E ? at + 5 : WRONG;
  }

  /** A member's name and its colon, to where the value begins. */
  skipName(at: number): number {
    if (this.bytes[at] !== QUOTE) return WRONG;
    const colon = this.skipString(at + 1);
    return colon === WRONG ? WRONG : this.skipColon(colon);
  }

  /** From behind a member's name to where its value begins. */
  skipColon(start: number): number {
    let at = start;
    if (this.bytes[at] !== COLON) {
      at = this.skipSpace(at);
      if (this.bytes[at] !== COLON) return WRONG;
    }
    return this.skipSpace(at + 1);
  }

  /**
   * A value of any kind.
   * @param outside how many levels are open around it
   */
  skipValue(start: number, outside: number): number {
    const bytes = this.bytes;
    const words = this.words;
    const isObject = this.#isObject;
    const levelsMax = this.#levelsMax;
    let at = start;
    let level = outside;
    for (;;) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        at++;
        while (PLAIN[bytes[at] as number] === 1) at++;
        at = bytes[at] === QUOTE ? at + 1 : this.skipString(at);
      } else if (byte <= DIGIT_LAST) {
        // A usual number is read here, any other by `skipNumber`.
        let next = byte === MINUS ? at + 1 : at;
        if (((bytes[next] as number) - ONE) >>> 0 > 8) at = this.skipNumber(at);
        else {
          next++;
          while (((bytes[next] as number) - ZERO) >>> 0 <= 9) next++;
          if (bytes[next] === POINT && ((bytes[next + 1] as number) - ZERO) >>> 0 <= 9) {
            next += 2;
            while (areFourDigits(words.getInt32(next, true))) next += 4;
            while (((bytes[next] as number) - ZERO) >>> 0 <= 9) next++;
          }
          const end = bytes[next] as number;
          at = end === COMMA || end === CLOSE_ARRAY || end === CLOSE_OBJECT ? next : this.skipNumber(at);
        }
      } else if (byte === OPEN_ARRAY) {
        if (++level > levelsMax) return WRONG;
        isObject[level] = 0;
        at = this.skipSpace(at + 1);
        if (bytes[at] !== CLOSE_ARRAY) continue;
        level--;
        at++;
      } else if (byte === OPEN_OBJECT) {
        if (++level > levelsMax) return WRONG;
        isObject[level] = 1;
        at = this.skipSpace(at + 1);
        if (bytes[at] !== CLOSE_OBJECT) {
          at = this.skipName(at);
          if (at === WRONG) return WRONG;
          continue;
        }
        level--;
        at++;
      } else at = this.skipLiteral(at);
      if (at === WRONG) return WRONG;
      // A value has ended, and what is around it may end with it.
      for (;;) {
        if (level === outside) return at;
        let next = bytes[at] as number;
        if (next <= SPACE) {
          at = this.skipSpace(at);
          next = bytes[at] as number;
        }
        at++;
        if (next === COMMA) {
          if ((bytes[at] as number) <= SPACE) at = this.skipSpace(at);
          if (isObject[level] === 1) {
            if (bytes[at] !== QUOTE) return WRONG;
            at++;
            while (PLAIN[bytes[at] as number] === 1) at++;
            if (bytes[at] === QUOTE && bytes[at + 1] === COLON && (bytes[at + 2] as number) > SPACE) at += 2;
            else {
              at = this.skipString(at);
              if (at !== WRONG) at = this.skipColon(at);
              if (at === WRONG) return WRONG;
            }
          }
          break;
        }
        if (next !== (isObject[level] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) return WRONG;
        level--;
      }
    }
  }
}
