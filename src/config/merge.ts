import { ruleKey, splitRuleKey } from "../domain/rule/rule.ts";
import type { ConfigEntry, Section } from "./kinds/kinds.ts";
import { entryProblem } from "./issues.ts";
import { formatPlace, type Problem } from "./source/problem.ts";

/** The entries of all files, by section, in the order of the files. */
export type Entries = Readonly<Record<Section, readonly ConfigEntry[]>>;

/**
 * Reads the entries of several files as one configuration; a second one of the same name is a problem with both places.
 */
export function mergeEntries(all: readonly ConfigEntry[], problems: Problem[]): Entries {
  const first = new Map<string, ConfigEntry>();
  for (const entry of all) {
    const key = `${entry.section} ${identityOf(entry)}`;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, entry);
    } else {
      const message = `is a duplicate, first given at ${formatPlace(earlier.keyPlace([]))}`;
      problems.push(entryProblem(entry, [], message, "key"));
    }
  }
  const {
    eventBuses = [],
    functions = [],
    queues = [],
    streams = [],
    apiDestinations = [],
    archives = [],
    rules = [],
    schedules = [],
    eventSourceMappings = [],
    httpRoutes = [],
    journal = [],
    logs = [],
  } = Object.groupBy(first.values(), ({ section }) => section);
  return {
    eventBuses,
    functions,
    queues,
    streams,
    apiDestinations,
    archives,
    rules,
    schedules,
    eventSourceMappings,
    httpRoutes,
    journal,
    logs,
  };
}

/** What makes two entries the same thing: `big-orders` and `default/big-orders` are one rule. */
export function identityOf({ section, name }: ConfigEntry): string {
  const { bus, name: rule } = splitRuleKey(name);
  return section === "rules" ? ruleKey(bus, rule) : name;
}
