import type { TopLevelCondition } from "json-rules-engine";
import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import type { JsonPath } from "../../json/json-path.ts";
import { parsePath } from "../../json/json-path.ts";
import { numeralOf } from "../../json/numeral.ts";
import { OPERATORS } from "./operators.ts";

/** What is wrong with conditions, and where: the keys and indices that lead there from their root. */
export interface ConditionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Conditions as the engine takes them. */
export interface ParsedConditions {
  readonly conditions: TopLevelCondition;
  /** What each `path` in `conditions` stands for, from the event's root. */
  readonly paths: ReadonlyMap<string, JsonPath>;
}

/**
 * The engine's only fact, the event. It is always an object: where a fact is text or a number, the engine ignores the path
 * and takes the fact itself.
 */
export const EVENT_FACT = "event";

const FACTS: readonly string[] = "version id detail-type source account time region resources detail cloudevent".split(
  " ",
);

const DEPTH_MAX = 16;
const NODES_MAX = 1000;

type Place = ConditionProblem["path"];
type Group = TopLevelCondition;
type Comparison = { readonly operator: string; readonly value: unknown } & Reference;
interface Reference {
  readonly fact: string;
  readonly path: string;
}

/** What parsing gathers on its way. */
interface Findings {
  readonly problems: ConditionProblem[];
  readonly paths: Map<string, JsonPath>;
  nodes: number;
}

/**
 * Checks conditions and rewrites them for the engine: each `fact` and `path` becomes one path from the event's root. The
 * result holds nothing that was not checked. All problems are found, not only the first.
 */
export function parseConditions(
  json: unknown,
): { ok: true; parsed: ParsedConditions } | { ok: false; problems: readonly ConditionProblem[] } {
  const findings: Findings = { problems: [], paths: new Map(), nodes: 0 };
  const conditions = parseNode(json, [], 1, findings);
  if (conditions !== undefined && "operator" in conditions) report(findings, [], "must be one of all, any and not");
  const { problems, paths } = findings;
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, parsed: { conditions: conditions as Group, paths } };
}

/** A node is a group (all, any, not) or a comparison. Undefined when there is a problem with it, which has been reported. */
function parseNode(node: unknown, place: Place, depth: number, findings: Findings): Group | Comparison | undefined {
  findings.nodes += 1;
  if (findings.nodes === NODES_MAX + 1) report(findings, [], `there are more than ${NODES_MAX} conditions`);
  if (findings.nodes > NODES_MAX) return undefined;
  if (depth > DEPTH_MAX) return report(findings, place, `is nested more than ${DEPTH_MAX} deep`);
  if (!isJsonObject(node)) return report(findings, place, "must be an object: all, any or not, or a comparison");
  const group = (["all", "any", "not"] as const).find((key) => Object.hasOwn(node, key));
  if (group === undefined) return parseComparison(node, place, findings);
  checkKeys(node, [group], place, findings);
  if (group === "not") return { not: parseNode(node["not"], [...place, "not"], depth + 1, findings) as Group };
  return parseList(node[group], group, [...place, group], depth, findings);
}

function parseList(list: Json | undefined, group: "all" | "any", place: Place, depth: number, findings: Findings) {
  if (!Array.isArray(list) || list.length === 0)
    return report(findings, place, "must be a list of conditions, not empty");
  const children = list.map((child, index) => parseNode(child, [...place, index], depth + 1, findings) as Group);
  return group === "all" ? { all: children } : { any: children };
}

function parseComparison(node: JsonObject, place: Place, findings: Findings): Comparison | undefined {
  checkKeys(node, ["fact", "path", "operator", "value"], place, findings);
  const reference = parseReference(node, place, findings);
  const name = node["operator"];
  const operator = typeof name === "string" ? OPERATORS.get(name) : undefined;
  if (typeof name !== "string" || operator === undefined) {
    return report(findings, [...place, "operator"], `must be one of ${[...OPERATORS.keys()].join(", ")}`);
  }
  const value = Object.hasOwn(node, "value") ? node["value"] : undefined;
  if (isJsonObject(value)) {
    checkKeys(value, ["fact", "path"], [...place, "value"], findings);
    const other = parseReference(value, [...place, "value"], findings);
    return reference && other && { ...reference, operator: name, value: other };
  }
  if (!operator.value.accepts(value)) {
    return report(findings, [...place, "value"], `must be ${operator.value.description}, or a fact and its path`);
  }
  return reference && { ...reference, operator: name, value: cloneable(value) };
}

/** The engine clones conditions, and what `parseExactly` keeps of a number does not outlive that. */
function cloneable(value: Json | undefined): unknown {
  return Array.isArray(value) ? (value as readonly Json[]).map(cloneable) : (numeralOf(value) ?? value);
}

/** Turns `fact` and `path` into a path from the event's root, under a name that the engine passes to the path resolver. */
function parseReference({ fact, path = "$" }: JsonObject, place: Place, findings: Findings): Reference | undefined {
  if (typeof fact !== "string" || !FACTS.includes(fact)) {
    return report(findings, [...place, "fact"], `must be one of ${FACTS.join(", ")}`);
  }
  if (typeof path !== "string") return report(findings, [...place, "path"], "must be a JSON path");
  const parsed = parsePath(path);
  if (!parsed.ok) return report(findings, [...place, "path"], parsed.reason);
  const name = `${fact} ${path}`;
  findings.paths.set(name, [{ kind: "name", name: fact }, ...parsed.path]);
  return { fact: EVENT_FACT, path: name };
}

/** A misspelt key would otherwise be a condition that is silently not there. */
function checkKeys(node: JsonObject, known: readonly string[], place: Place, findings: Findings): void {
  for (const key of Object.keys(node).filter((key) => !known.includes(key))) {
    report(findings, [...place, key], `is not known here: expected ${known.join(", ")}`);
  }
}

function report(findings: Findings, path: Place, message: string): undefined {
  findings.problems.push({ path, message });
}
