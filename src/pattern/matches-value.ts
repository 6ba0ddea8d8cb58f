import type { Numeral } from "../json/numeral.ts";
import { compareNumerals, LongNumber } from "../json/numeral.ts";
import { cidrContains } from "./cidr.ts";
import { endsWithIgnoreCase, equalsIgnoreCase, startsWithIgnoreCase } from "./ignore-case.ts";
import type { Match, Scalar } from "./pattern.ts";
import { matchesWildcard } from "./wildcard.ts";

/**
 * Whether one value that stands in an event is what a match asks for. Numbers are compared exactly, as numbers
 * (`300`, `3.0e2`) of any length, never with text; everything about text holds for strings only.
 */
export function matchesValue(match: Match, value: Scalar): boolean {
  switch (match.kind) {
    case "equals":
      return isSame(value, match.value);
    case "exists":
      return match.exists;
    case "anythingBut":
      return !match.excluded.some((excluded) => matchesValue(excluded, value));
    case "numeric":
      return isNumeral(value) && isWithin(match, value);
    default:
      return typeof value === "string" && matchesText(match, value);
  }
}

type NumericMatch = Extract<Match, { kind: "numeric" }>;
type TextMatch = Exclude<Match, { kind: "equals" | "exists" | "anythingBut" | "numeric" }>;

function isSame(one: Scalar, other: Scalar): boolean {
  if (one === other) return true;
  return one instanceof LongNumber && other instanceof LongNumber && compareNumerals(one, other) === 0;
}

function isNumeral(value: Scalar): value is Numeral {
  return typeof value === "number" || value instanceof LongNumber;
}

function isWithin({ lower, upper }: NumericMatch, value: Numeral): boolean {
  const overLower = lower === undefined ? 1 : compareNumerals(value, lower.value);
  if (overLower < 0 || (overLower === 0 && lower?.inclusive !== true)) return false;
  const overUpper = upper === undefined ? -1 : compareNumerals(value, upper.value);
  return overUpper < 0 || (overUpper === 0 && upper?.inclusive === true);
}

function matchesText(match: TextMatch, text: string): boolean {
  switch (match.kind) {
    case "prefix":
      return text.startsWith(match.text);
    case "suffix":
      return text.endsWith(match.text);
    case "equalsIgnoreCase":
      return equalsIgnoreCase(match.text, text);
    case "prefixIgnoreCase":
      return startsWithIgnoreCase(match.text, text);
    case "suffixIgnoreCase":
      return endsWithIgnoreCase(match.text, text);
    case "wildcard":
      return matchesWildcard(match.literals, text);
    case "cidr":
      return cidrContains(match.block, text);
  }
}
