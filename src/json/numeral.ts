import { isRawNumber } from "./json.ts";

/**
 * A JSON number that can be compared exactly: a double where it prints as the very number that was written, else a
 * LongNumber. So two doubles are the same number only when they are equal, and no double is the same as a LongNumber.
 */
export type Numeral = number | LongNumber;

/** A number that a double cannot hold, such as 1234567890123456789 or 1e400. JSON prints it as it was written. */
export class LongNumber {
  readonly text: string;
  /** The double that comes nearest; infinite when the number is too large for any. */
  readonly nearest: number;
  readonly decimal: Decimal;

  constructor(text: string, nearest: number, decimal: Decimal) {
    this.text = text;
    this.nearest = nearest;
    this.decimal = decimal;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): unknown {
    return rawJSON(this.text);
  }
}

/** A number by its digits: 0.DIGITS times ten to the exponent, with no zero at either end. Zero has no digits. */
interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  /** A whole number. One of more than 15 digits is rounded. */
  readonly exponent: number;
}

/** What JSON has since Node.js 21, and TypeScript's library does not describe yet. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

/** No double needs more digits to differ from every other. */
const PRINTED_DIGITS_MAX = 17;

const ZERO: Decimal = { isNegative: false, digits: "", exponent: 0 };

/** Reads the text of a JSON number. */
export function readNumeral(text: string): Numeral {
  const nearest = Number(text);
  const printed = String(nearest);
  if (printed === text) return nearest;
  const decimal = readDecimal(text);
  const mayBeHeld = decimal.digits.length <= PRINTED_DIGITS_MAX && Number.isFinite(nearest);
  const isHeld = mayBeHeld && compareDecimals(decimal, readDecimal(printed)) === 0;
  return isHeld ? nearest : new LongNumber(text, nearest, decimal);
}

/** The number that a parsed JSON value is, however it was parsed; undefined when it is no number. */
export function numeralOf(value: unknown): Numeral | undefined {
  if (typeof value === "number" || value instanceof LongNumber) return value;
  return isRawNumber(value) ? readNumeral(value.rawJSON) : undefined;
}

/** Below 0 when the first number is less than the second, 0 when they are the same. */
export function compareNumerals(one: Numeral, other: Numeral): number {
  const [left, right] = [nearestDouble(one), nearestDouble(other)];
  if (left !== right) return left < right ? -1 : 1;
  if (typeof one === "number" && typeof other === "number") return 0;
  return compareDecimals(decimalOf(one), decimalOf(other));
}

/** The double that comes nearest to a number. Of two numbers the greater never has the lesser double. */
export function nearestDouble(numeral: Numeral): number {
  return typeof numeral === "number" ? numeral : numeral.nearest;
}

function decimalOf(numeral: Numeral): Decimal {
  if (typeof numeral !== "number") return numeral.decimal;
  // The ends of open ranges are infinite: beyond every number that can be written.
  if (!Number.isFinite(numeral)) return { isNegative: numeral < 0, digits: "1", exponent: Infinity };
  return readDecimal(String(numeral));
}

function readDecimal(text: string): Decimal {
  const isNegative = text.startsWith("-");
  const e = Math.max(text.indexOf("e"), text.indexOf("E"));
  const mantissa = text.slice(isNegative ? 1 : 0, e < 0 ? undefined : e);
  const point = mantissa.indexOf(".");
  const wholeDigits = point < 0 ? mantissa.length : point;
  const all = point < 0 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1);
  let first = 0;
  while (all[first] === "0") first++;
  let end = all.length;
  while (end > first && all[end - 1] === "0") end--;
  if (first === end) return ZERO;
  const exponent = wholeDigits - first + (e < 0 ? 0 : Number(text.slice(e + 1)));
  return { isNegative, digits: all.slice(first, end), exponent };
}

function compareDecimals(one: Decimal, other: Decimal): number {
  const [left, right] = [signOf(one), signOf(other)];
  if (left !== right) return left - right;
  return left < 0 ? compareSizes(other, one) : compareSizes(one, other);
}

function signOf({ isNegative, digits }: Decimal): number {
  return digits === "" ? 0 : isNegative ? -1 : 1;
}

function compareSizes(one: Decimal, other: Decimal): number {
  if (one.exponent !== other.exponent) return one.exponent < other.exponent ? -1 : 1;
  if (one.digits === other.digits) return 0;
  return one.digits < other.digits ? -1 : 1;
}
