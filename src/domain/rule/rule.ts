import type { Pattern } from "../../pattern/pattern.ts";
import type { JsonObject } from "../../json/json.ts";
import type { Timing } from "../schedule/next-due.ts";
import type { Target } from "../target/target.ts";

/** A rule's compiled `conditions`. Both reject when they cannot be evaluated on this event. */
export interface Conditions {
  /** Whether an event meets them. The flow turns a rejection into `condition_error`. */
  readonly areMet: (event: JsonObject) => Promise<boolean>;
  /** What keeps an event from meeting them; nothing when it meets them. */
  readonly unmet: (event: JsonObject) => Promise<readonly UnmetComparison[]>;
}

/** A comparison of a rule's `conditions` that does not hold, or holds where it must not. */
export interface UnmetComparison {
  /** Where it stands in the conditions: `all[0].any[1]`. */
  readonly place: string;
  /** As the conditions have it: `detail $.total greaterThan 1000`. */
  readonly comparison: string;
  /** Whether it stands in a `not`, and must not hold. */
  readonly isNegated: boolean;
  /** What the event has there, as JSON text; absent when it has nothing. */
  readonly found?: string;
  /** The same for the other side, where that is a part of the event too. */
  readonly foundOther?: string;
}

/** When a rule gives its targets an event of its own. */
export interface RuleSchedule {
  /** `rate(…)` or `cron(…)`, as it was given. */
  readonly expression: string;
  readonly timing: Timing;
}

/** The past that a rule gets before it gets new events. */
export interface StartFrom {
  /** An archive of the rule's bus. */
  readonly archive: string;
  /** Events that were accepted then or later, in epoch milliseconds. Undefined for all that the archive has. */
  readonly sinceMs?: number;
}

export interface Rule {
  readonly bus: string;
  readonly name: string;
  readonly description?: string;
  readonly state: "ENABLED" | "DISABLED";
  /** Undefined for a rule that has a schedule only. */
  readonly pattern?: Pattern;
  /** The pattern as JSON text, as DescribeRule shows it. */
  readonly patternJson?: string;
  readonly schedule?: RuleSchedule;
  readonly conditions?: Conditions;
  readonly startFrom?: StartFrom;
  readonly targets: readonly Target[];
  /** Who made it, and changes it: set for the rules of archives. Nothing that is matched counts it as a user's. */
  readonly managedBy?: string;
}

/** A rule that events are matched with. */
export interface PatternRule extends Rule {
  readonly pattern: Pattern;
  readonly patternJson: string;
}

export function hasPattern(rule: Rule): rule is PatternRule {
  return rule.pattern !== undefined;
}

/**
 * Whether a rule still gets its past, so that an event accepted at a time, in epoch milliseconds, comes to it from the archive
 * and not directly.
 */
export type IsHeld = (rule: Rule, acceptedAtMs: number) => boolean;

/** The queues that its targets name for dead letters. */
export function deadLetterQueuesOf({ targets }: Pick<Rule, "targets">): readonly string[] {
  return targets.flatMap(({ deadLetterQueue }) => (deadLetterQueue === undefined ? [] : [deadLetterQueue]));
}

/** The functions that its targets give batches to. */
export function batchedFunctionsOf({ targets }: Pick<Rule, "targets">): readonly string[] {
  return targets.flatMap(({ to, batch }) => (batch === undefined ? [] : [to.name]));
}

/** `bus/name`, which is unique in a configuration. */
export function ruleKey(bus: string, name: string): string {
  return `${bus}/${name}`;
}

/** A rule's key: the bus before the slash, or the default bus. */
export function splitRuleKey(key: string): { readonly bus: string; readonly name: string } {
  const slash = key.indexOf("/");
  return slash === -1 ? { bus: "default", name: key } : { bus: key.slice(0, slash), name: key.slice(slash + 1) };
}
