import type { Pattern } from "../../pattern/pattern.ts";
import type { JsonObject } from "../../json/json.ts";
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

export interface Rule {
  readonly bus: string;
  readonly name: string;
  readonly description?: string;
  readonly state: "ENABLED" | "DISABLED";
  readonly pattern: Pattern;
  /** The pattern as JSON text, as DescribeRule shows it. */
  readonly patternJson: string;
  readonly conditions?: Conditions;
  readonly targets: readonly Target[];
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
