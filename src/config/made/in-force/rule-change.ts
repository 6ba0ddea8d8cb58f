import type { Rule } from "../../../domain/rule/rule.ts";

/** What a rule was in force as before a change and is after it; undefined where it was not or is not. */
export interface RuleChange {
  readonly before: Rule | undefined;
  readonly after: Rule | undefined;
}
