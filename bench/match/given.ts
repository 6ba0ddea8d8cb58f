import { readFileSync } from "node:fs";
import type { RuleSet } from "./rule-sets.ts";

/** So many events are looked at to tell sets of rules from rules. */
const EVENTS_LOOKED_AT = 100;

/** The lines of a file of events, one a line. */
export function readEvents(file: string): readonly string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

/** The sets of rules in a file. */
export function readRuleSets(file: string, events: readonly string[]): Readonly<Record<string, RuleSet>> {
  return ruleSetsOf(JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>, events);
}

/**
 * The sets that given rules are: `{"name": pattern}`, which is one set called `given`, or `{"set": {"name": pattern}}`.
 * A pattern begins with fields that events have, and a set with names of rules.
 */
export function ruleSetsOf(
  read: Readonly<Record<string, Record<string, unknown>>>,
  events: readonly string[],
): Readonly<Record<string, RuleSet>> {
  const fields = new Set(events.slice(0, EVENTS_LOOKED_AT).flatMap((line) => Object.keys(JSON.parse(line) as object)));
  const isField = (name: string): boolean => name === "$or" || fields.has(name) || fields.has(name.split(".")[0] ?? "");
  const isSet = (value: Record<string, unknown>): boolean =>
    Object.entries(value).every(
      ([name, inner]) => typeof inner === "object" && inner !== null && !Array.isArray(inner) && !isField(name),
    );
  return Object.values(read).every(isSet) ? (read as Record<string, RuleSet>) : { given: read };
}
