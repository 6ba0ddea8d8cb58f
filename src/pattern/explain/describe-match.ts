import type { CidrBlock } from "../cidr.ts";
import type { Bound, Match } from "../pattern.ts";

/** A match as it stands in a pattern: JSON text. */
export function describeMatch(match: Match): string {
  return JSON.stringify(written(match));
}

function written(match: Match): unknown {
  switch (match.kind) {
    case "equals":
      return match.value;
    case "prefix":
    case "suffix":
      return { [match.kind]: match.text };
    case "equalsIgnoreCase":
      return { "equals-ignore-case": match.text.text };
    case "prefixIgnoreCase":
      return { prefix: { "equals-ignore-case": match.text.text } };
    case "suffixIgnoreCase":
      return { suffix: { "equals-ignore-case": match.text.text } };
    case "wildcard":
      return { wildcard: match.literals.map((literal) => literal.replaceAll(/[\\*]/g, "\\$&")).join("*") };
    case "numeric":
      return { numeric: range(match.lower, match.upper) };
    case "cidr":
      return { cidr: block(match.block) };
    case "exists":
      return { exists: match.exists };
    case "anythingBut":
      return { "anything-but": match.excluded.map(written) };
    default:
      return match satisfies never;
  }
}

function range(lower: Bound | undefined, upper: Bound | undefined): readonly unknown[] {
  if (lower !== undefined && lower.value === upper?.value) return ["=", lower.value];
  return [
    ...(lower === undefined ? [] : [lower.inclusive ? ">=" : ">", lower.value]),
    ...(upper === undefined ? [] : [upper.inclusive ? "<=" : "<", upper.value]),
  ];
}

function block({ address, prefixBits }: CidrBlock): string {
  if (address.length === 4) return `${address.join(".")}/${prefixBits}`;
  const groups = Array.from({ length: 8 }, (_, group) =>
    (((address[group * 2] ?? 0) << 8) | (address[group * 2 + 1] ?? 0)).toString(16),
  );
  return `${groups.join(":")}/${prefixBits}`;
}
