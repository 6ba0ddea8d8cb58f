import { setImmediate } from "node:timers/promises";
import type { Config } from "../domain/config.ts";
import type { PatternRule, Rule } from "../domain/rule/rule.ts";
import { hasPattern } from "../domain/rule/rule.ts";
import type { RuleIndex } from "../pattern/rule-index.ts";
import { changedIndexInSlices } from "../pattern/layered-index.ts";
import { indexInSlices } from "../pattern/rule-index.ts";

/** Whether events are matched with a rule: it is enabled, and has a pattern. */
export function isMatched(rule: Rule): rule is PatternRule {
  return rule.state === "ENABLED" && hasPattern(rule);
}

/** The enabled rules of each bus with their index. */
export async function indexedByBus(rules: Iterable<Rule>): Promise<Config["rulesByBus"]> {
  const enabled = [...rules].filter(isMatched);
  const byBus = new Map<string, RuleIndex<PatternRule>>();
  for (const [bus, itsRules] of Map.groupBy(enabled, (rule) => rule.bus)) byBus.set(bus, await indexInTurns(itsRules));
  return byBus;
}

/**
 * The index of the rules of one bus. That of 100,000 takes more than a second: whatever else the process has to do is done
 * between its slices.
 */
export function indexInTurns(rules: readonly PatternRule[]): Promise<RuleIndex<PatternRule>> {
  return inTurns(indexInSlices(rules));
}

/** An index with changes, as `changedIndexInSlices` makes it, in turns with what else the process has to do. */
export function changedInTurns(
  index: RuleIndex<PatternRule>,
  gone: ReadonlySet<PatternRule>,
  added: readonly PatternRule[],
): Promise<RuleIndex<PatternRule>> {
  return inTurns(changedIndexInSlices(index, gone, added));
}

async function inTurns<Result>(slices: Generator<void, Result>): Promise<Result> {
  let slice = slices.next();
  for (; !slice.done; slice = slices.next()) await setImmediate();
  return slice.value;
}
