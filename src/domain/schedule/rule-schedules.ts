import { ruleKey } from "../rule/rule.ts";
import type { Rule } from "../rule/rule.ts";
import type { Schedule } from "./schedule.ts";

/** The name of a rule's own schedule. No other schedule has a colon in its name, and only the default bus has such rules. */
export function ruleScheduleName({ name }: Pick<Rule, "name">): string {
  return `rule:${name}`;
}

/** The schedules of those rules that have one, by name. When one is due, the rule's targets get a "Scheduled Event". */
export function ruleSchedules(rules: Iterable<Rule>): ReadonlyMap<string, Schedule> {
  const schedules = new Map<string, Schedule>();
  for (const rule of rules) {
    if (rule.schedule === undefined) continue;
    const name = ruleScheduleName(rule);
    const { expression, timing } = rule.schedule;
    schedules.set(name, {
      name,
      ...(rule.description === undefined ? {} : { description: rule.description }),
      state: rule.state,
      expression,
      timing,
      target: { to: { kind: "event-bus", name: rule.bus }, rule: ruleKey(rule.bus, rule.name) },
    });
  }
  return schedules;
}
