import type { Entry, Section } from "./source/document.ts";
import { entryProblem } from "./issues.ts";
import { identityOf } from "./names.ts";
import { formatPlace, type Problem } from "./source/problem.ts";

/** The entries of all files, by section, in the order of the files. */
export type Entries = Readonly<Record<Section, readonly Entry[]>>;

/**
 * Reads the entries of several files as one configuration; a second one of the same name is a problem with both places.
 */
export function mergeEntries(all: readonly Entry[], problems: Problem[]): Entries {
  const first = new Map<string, Entry>();
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
    apiDestinations = [],
    rules = [],
  } = Object.groupBy(first.values(), ({ section }) => section);
  return { eventBuses, functions, queues, apiDestinations, rules };
}
