import type { Config } from "./config.ts";
import type { JsonObject } from "./json.ts";
import type { Rule } from "./rule.ts";
import type { TargetRef } from "./target.ts";
import type { Miss } from "../pattern/explain.ts";
import { isNearer, missesOf, nearestAlternative } from "../pattern/explain.ts";
import { matches } from "../pattern/matches.ts";

/** How many rules that do not match are told, the nearest ones. */
export const NEAR_MISSES_MAX = 10;

/** How many rules that match are told. */
const MATCHES_MAX = 100;

/** What became of an event's conditions: json-rules-engine tells no more than that they hold or not. */
export type ConditionsResult = "met" | "not met" | { readonly error: string };

/** Why a rule matches an event, or does not. */
export interface RuleExplanation {
  readonly bus: string;
  readonly rule: string;
  readonly state: Rule["state"];
  /** Whether the event goes to its targets: its pattern fits, its conditions are met, and it is enabled. */
  readonly matched: boolean;
  readonly misses: readonly Miss[];
  /** Only where the pattern fits. */
  readonly conditions?: ConditionsResult;
  readonly targets: readonly { readonly id: string; readonly kind: TargetRef["kind"]; readonly name: string }[];
}

export interface EventExplanation {
  readonly bus: string;
  readonly matched: readonly RuleExplanation[];
  /** The rules of the bus that do not match, nearest first. */
  readonly missed: readonly RuleExplanation[];
  /** How many more there are. */
  readonly leftOut: number;
  /** Rules of other buses whose pattern fits, as `bus/name`. */
  readonly onOtherBuses: readonly string[];
}

/** Tells which rules of a bus an event matches, and what keeps it from the others. */
export async function explainEvent(event: JsonObject, bus: string, config: Config): Promise<EventExplanation> {
  const rules = [...config.rules.values()];
  const rulesOfBus = rules.filter((rule) => rule.bus === bus).length;
  const [fitting, others] = partition(
    rules.filter((rule) => rule.bus === bus),
    (rule) => matches(rule.pattern, event),
  );
  const fitted = await Promise.all(fitting.map((rule) => explainRule(rule, event)));
  const [matched, held] = partition(fitted, (rule) => rule.matched);
  const near = others
    .map((rule) => ({ rule, ...nearestAlternative(rule.pattern, event) }))
    .sort((one, other) => (isNearer(one, other) ? -1 : isNearer(other, one) ? 1 : 0))
    .slice(0, NEAR_MISSES_MAX);
  const missed = [...held, ...(await Promise.all(near.map(({ rule }) => explainRule(rule, event))))];
  return {
    bus,
    matched: matched.slice(0, MATCHES_MAX),
    missed: missed.slice(0, NEAR_MISSES_MAX),
    leftOut: rulesOfBus - Math.min(matched.length, MATCHES_MAX) - Math.min(missed.length, NEAR_MISSES_MAX),
    onOtherBuses: rules
      .filter((rule) => rule.bus !== bus && rule.state === "ENABLED" && matches(rule.pattern, event))
      .slice(0, NEAR_MISSES_MAX)
      .map((rule) => `${rule.bus}/${rule.name}`),
  };
}

/** Tells whether a rule matches an event, and what keeps it from doing so. */
export async function explainRule(rule: Rule, event: JsonObject): Promise<RuleExplanation> {
  const misses = missesOf(rule.pattern, event);
  const conditions = misses.length === 0 ? await conditionsResult(rule, event) : undefined;
  return {
    bus: rule.bus,
    rule: rule.name,
    state: rule.state,
    matched: misses.length === 0 && rule.state === "ENABLED" && (conditions ?? "met") === "met",
    misses,
    ...(conditions === undefined ? {} : { conditions }),
    targets: rule.targets.map(({ id, to }) => ({ id, kind: to.kind, name: to.name })),
  };
}

async function conditionsResult(rule: Rule, event: JsonObject): Promise<ConditionsResult | undefined> {
  if (rule.conditions === undefined) return undefined;
  try {
    return (await rule.conditions(event)) ? "met" : "not met";
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function partition<T>(values: readonly T[], isFirst: (value: T) => boolean): readonly [T[], T[]] {
  const first = values.filter((value) => isFirst(value));
  const kept = new Set(first);
  return [first, values.filter((value) => !kept.has(value))];
}
