import type { Pattern } from "../pattern/pattern.ts";
import type { JsonObject } from "./json.ts";
import type { Target } from "./target.ts";

/**
 * A rule's compiled `conditions`. Resolves to whether the event meets them; rejects when they cannot be
 * evaluated on this event, which the flow turns into `condition_error`.
 */
export type Conditions = (event: JsonObject) => Promise<boolean>;

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
