import { LETTER_E, LOWER_CASE, MINUS, PLUS, POINT, ZERO } from "./characters.ts";
import { areFourDigits } from "./byte-tables.ts";
import type { Numeral } from "./numeral.ts";
import { readNumeral } from "./numeral.ts";
import type { JsonBytes } from "./json-bytes.ts";
import { WRONG } from "./json-bytes.ts";

/** Powers of ten that a 64-bit floating-point number holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** A double holds every whole number of up to 15 digits exactly, and tells all of them apart. */
const DIGITS_EXACT = 15;
const DIGITS_MAX = 30;

/** How far off a number of more digits may be at most, as a share of it: thirty roundings and some room. */
const ERROR_SHARE = 1e-14;

const EXPONENT_MAX = 100_000;

/**
 * Checks and reads a number, about as well as can be done quickly: most numbers have few enough digits to be right at
 * once, and of the others it is nearly always enough to know about where they lie.
 */
export class NumberText {
  value = 0;
  /** How far off `value` may be, at most; Infinity when it says nothing. */
  error = 0;

  /** Returns the place behind the number, or WRONG. */
  read(json: JsonBytes, start: number): number {
    const { bytes, words } = json;
    const first = bytes[start] === MINUS ? start + 1 : start;
    let at = first + 1;
    let digit = (bytes[first] as number) - ZERO;
    if (digit >>> 0 > 9) return WRONG;
    let mantissa = digit;
    if (digit !== 0) {
      while ((digit = (bytes[at] as number) - ZERO) >>> 0 <= 9) {
        mantissa = mantissa * 10 + digit;
        at++;
      }
    }
    let digits = at - first;
    let exponent = 0;
    if (bytes[at] === POINT) {
      const fraction = ++at;
      for (;;) {
        const four = words.getInt32(at, true);
        if (!areFourDigits(four)) break;
        // Neighbours are joined to numbers of two digits, and those to one of four.
        const pairs = (four & 0x0f0f0f0f) * 10 + ((four >>> 8) & 0x000f0f0f);
        mantissa = mantissa * 10_000 + (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
        at += 4;
      }
      while ((digit = (bytes[at] as number) - ZERO) >>> 0 <= 9) {
        mantissa = mantissa * 10 + digit;
        at++;
      }
      if (at === fraction) return WRONG;
      exponent = fraction - at;
      digits -= exponent;
    }
    if (((bytes[at] as number) | LOWER_CASE) === LETTER_E) {
      const end = json.skipNumber(start);
      if (end === WRONG) return WRONG;
      exponent += readExponent(bytes, at + 1, end);
      at = end;
    }
    if (digits > DIGITS_MAX || exponent < -22 || exponent > 22) {
      this.error = Infinity;
      return at;
    }
    const size = exponent < 0 ? mantissa / (POWERS[-exponent] as number) : mantissa * (POWERS[exponent] as number);
    this.value = first === start ? size : -size;
    this.error = digits > DIGITS_EXACT ? size * ERROR_SHARE : 0;
    return at;
  }
}

/** The number that stands from `start` to `end`. */
export function readExactly(bytes: Uint8Array, start: number, end: number): Numeral {
  return readNumeral(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
}

function readExponent(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start] as number;
  let exponent = 0;
  for (let at = sign === MINUS || sign === PLUS ? start + 1 : start; at < end; at++) {
    exponent = Math.min(exponent * 10 + ((bytes[at] as number) - ZERO), EXPONENT_MAX);
  }
  return sign === MINUS ? -exponent : exponent;
}
