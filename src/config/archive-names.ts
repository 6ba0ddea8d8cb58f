import { managedRuleName } from "../domain/archive/archive.ts";
import { ruleKey } from "../domain/rule/rule.ts";
import { isJsonObject } from "../json/json.ts";
import { entryProblem } from "./issues.ts";
import type { ConfigEntry } from "./kinds/kinds.ts";
import type { Entries } from "./merge.ts";
import { identityOf } from "./merge.ts";
import { formatPlace, type Problem } from "./source/problem.ts";

/** The buses that have a retention, which makes an archive of the bus's name. */
export function busesWithRetention({ eventBuses }: Entries): readonly ConfigEntry[] {
  return eventBuses.filter(({ raw }) => isJsonObject(raw) && raw["retention"] !== undefined);
}

/** What is wrong with the names of archives, and with rules that are called as those that archives manage. */
export function archiveNameProblems(entries: Entries): readonly Problem[] {
  const ofBuses = new Map(busesWithRetention(entries).map((entry) => [entry.name, entry]));
  const managed = new Map<string, ConfigEntry>();
  for (const bus of ofBuses.values()) managed.set(ruleKey(bus.name, managedRuleName(bus.name)), bus);
  for (const archive of entries.archives) {
    const bus: unknown = isJsonObject(archive.raw) ? archive.raw["bus"] : undefined;
    if (typeof bus === "string") managed.set(ruleKey(bus, managedRuleName(archive.name)), archive);
  }
  const duplicates = entries.archives.flatMap((entry) => {
    const bus = ofBuses.get(entry.name);
    if (bus === undefined) return [];
    const message = `is a duplicate: the event bus of that name has a retention, at ${formatPlace(bus.keyPlace([]))}`;
    return [entryProblem(entry, [], message, "key")];
  });
  const taken = entries.rules.flatMap((entry) => {
    const archive = managed.get(identityOf(entry));
    if (archive === undefined) return [];
    const message = `has the name of the rule of an archive, at ${formatPlace(archive.keyPlace([]))}`;
    return [entryProblem(entry, [], message, "key")];
  });
  return [...duplicates, ...taken];
}
