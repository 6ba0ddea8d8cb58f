import { parseExactly } from "../../json/exact-json.ts";
import type { Json } from "../../json/json.ts";
import { LongNumber, readNumeral } from "../../json/numeral.ts";

/** YAML's other ways to write a whole number: in hexadecimal and octal digits. */
const OTHER_BASE = /^0[xo]/;
const DECIMAL = /^([-+]?)(\d*)(?:\.(\d*))?((?:[eE][-+]?\d+)?)$/;

/**
 * A YAML number as a configuration keeps it: the double that it is, or, where that would be another number, what
 * `parseExactly` makes of its digits. Undefined when JSON has no such number: infinity, or what is no number.
 *
 * @param source as the file has it
 */
export function keptNumber(value: number, source: string | undefined): Json | undefined {
  const text = source === undefined ? String(value) : jsonText(source);
  if (text === undefined) return undefined;
  return readNumeral(text) instanceof LongNumber ? parseExactly(text) : value;
}

/** The same number as JSON writes it: YAML also takes `+1`, `.5`, `1.` and `007`. */
function jsonText(source: string): string | undefined {
  if (OTHER_BASE.test(source)) return BigInt(source).toString();
  const parts = DECIMAL.exec(source);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = ""] = parts;
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  return `${sign === "-" ? "-" : ""}${digits}${fraction === "" ? "" : `.${fraction}`}${exponent}`;
}
