import { cidrContains } from "./cidr.ts";
import { endsWithIgnoreCase, equalsIgnoreCase, startsWithIgnoreCase } from "./ignore-case.ts";
import type { Match, Scalar } from "./pattern.ts";
import { matchesWildcard } from "./wildcard.ts";

/**
 * Whether one value that stands in an event is what a match asks for. Numbers are equal as numbers (`300`, `3.0e2`)
 * at double precision, never to text; everything about text holds for strings only.
 */
export function matchesValue(match: Match, value: Scalar): boolean {
  switch (match.kind) {
    case "equals":
      return value === match.value;
    case "exists":
      return match.exists;
    case "anythingBut":
      return !match.excluded.some((excluded) => matchesValue(excluded, value));
    case "numeric":
      return typeof value === "number" && isWithin(match, value);
    default:
      return typeof value === "string" && matchesText(match, value);
  }
}

type NumericMatch = Extract<Match, { kind: "numeric" }>;
type TextMatch = Exclude<Match, { kind: "equals" | "exists" | "anythingBut" | "numeric" }>;

function isWithin({ lower, upper }: NumericMatch, value: number): boolean {
  if (lower && (lower.inclusive ? value < lower.value : value <= lower.value)) return false;
  return !upper || (upper.inclusive ? value <= upper.value : value < upper.value);
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
