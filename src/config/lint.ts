import type { Config } from "../domain/config.ts";
import { parseExactly } from "../json/exact-json.ts";
import type { JsonObject } from "../json/json.ts";
import { nextDue } from "../domain/schedule/next-due.ts";
import { ruleKey, splitRuleKey } from "../domain/rule/rule.ts";
import { lintPattern, type Constants } from "../pattern/explain/lint.ts";
import type { Entry } from "./source/document.ts";
import { isMatched } from "./indexed-rules.ts";
import { entryProblem } from "./issues.ts";
import { inReadingOrder, type Problem } from "./source/problem.ts";

/**
 * Lint warnings: rules that no event can match or that every event does,
 * wildcards that are nearly too complex, and rules that give one target the same events twice.
 *
 * @param entries the rules as their files have them
 */
export function lintRules(config: Config, entries: readonly Entry[], constants: Constants): readonly Problem[] {
  const found: Problem[] = [];
  /** The first rule of each pattern, by what it matches and where that goes. */
  const first = new Map<string, string>();
  for (const entry of entries) {
    const { bus, name } = splitRuleKey(entry.name);
    const rule = config.rules.get(ruleKey(bus, name));
    if (rule === undefined || !isMatched(rule)) continue;
    const json = parseExactly(rule.patternJson) as JsonObject;
    for (const finding of lintPattern(rule.pattern, json, constants)) {
      found.push(entryProblem(entry, ["eventPattern"], finding, "key"));
    }
    if (rule.conditions !== undefined) continue;
    for (const { id, to, delaySeconds, batch } of rule.targets) {
      const key = JSON.stringify([bus, sorted(json), to, delaySeconds, batch]);
      const earlier = first.get(key);
      first.set(key, earlier ?? entry.name);
      if (earlier === undefined || earlier === entry.name) continue;
      found.push(entryProblem(entry, ["targets", id], `is given the same events by rule "${earlier}"`, "key"));
    }
  }
  return inReadingOrder(found);
}

/**
 * Lint warnings: schedules that are enabled and never due again.
 *
 * @param entries the schedules as their files have them
 * @param nowMs epoch milliseconds
 */
export function lintSchedules({ schedules }: Config, entries: readonly Entry[], nowMs: number): readonly Problem[] {
  const over = entries.filter(({ name }) => {
    const schedule = schedules.get(name);
    return schedule?.state === "ENABLED" && nextDue(schedule.timing, nowMs) === undefined;
  });
  return over.map((entry) => entryProblem(entry, ["scheduleExpression"], "is not due any more", "key"));
}

/** A pattern's value with its keys, and the items of its lists, in one order: they mean the same in any. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(sorted(item))).sort();
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
