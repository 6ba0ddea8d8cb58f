import type { RuleResult } from "json-rules-engine";
import { shownJson } from "../../json/json.ts";
import type { UnmetComparison } from "../../domain/rule/rule.ts";

/** How much of a value is shown. */
const CHARACTERS_MAX = 200;
/** How many comparisons are shown. */
const TOLD_MAX = 10;

/** A node of a result: a comparison, or a group of them. */
interface Node {
  readonly all?: readonly Node[];
  readonly any?: readonly Node[];
  readonly not?: Node;
  readonly path?: string;
  readonly operator?: string;
  readonly value?: unknown;
  readonly result?: boolean;
  readonly factResult?: unknown;
  readonly valueResult?: unknown;
}

/** The comparisons that keep conditions from being met, as a run of the engine that failed has left them. */
export function unmetComparisons({ conditions }: RuleResult): readonly UnmetComparison[] {
  // The engine says of the outermost group only that the rule failed.
  return [...blamed({ ...(conditions as Node), result: false }, [], true)].slice(0, TOLD_MAX);
}

/** @param isWanted whether the node has to hold, or must not, below a `not` */
function* blamed(node: Node, place: readonly string[], isWanted: boolean): Generator<UnmetComparison> {
  if (node.result === isWanted || node.result === undefined) return;
  if (node.not !== undefined) yield* blamed(node.not, [...place, "not"], !isWanted);
  for (const group of ["all", "any"] as const) {
    for (const [index, child] of (node[group] ?? []).entries()) {
      yield* blamed(child, [...place, `${group}[${index}]`], isWanted);
    }
  }
  if (node.path !== undefined) yield unmet(node, place, isWanted);
}

function unmet(
  { path = "", operator = "", value, factResult, valueResult }: Node,
  place: readonly string[],
  isWanted: boolean,
): UnmetComparison {
  const other = otherPath(value);
  return {
    place: place.join("."),
    comparison: `${path} ${operator} ${other ?? JSON.stringify(value)}`,
    isNegated: !isWanted,
    ...(factResult === undefined ? {} : { found: shownJson(factResult, CHARACTERS_MAX) }),
    ...(other === undefined || valueResult === undefined ? {} : { foundOther: shownJson(valueResult, CHARACTERS_MAX) }),
  };
}

/** The path of a comparison's other side, where it is a part of the event. */
function otherPath(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "path" in value ? String(value.path) : undefined;
}
