import type { Identity } from "../../../domain/arn.ts";
import type { EventBus } from "../../../domain/config.ts";
import { DEFAULT_BUS } from "../../../domain/config.ts";
import type { Made, MadeBusInForce } from "../../../domain/made/made.ts";
import type { ShownEntry } from "../../document/config-document.ts";
import { archiveEntry, busEntry, ruleEntry } from "../entry/made-entry.ts";
import { policyInForce } from "../entry/made-policy.ts";
import { mappingEntry } from "../entry/mapping-entry.ts";
import { queueEntry } from "../entry/queue-entry.ts";

/** The default bus is there without being made: as a file that says nothing of it has it. */
export function shownBus(name: string, bus: MadeBusInForce): ShownEntry | undefined {
  const saysNothing = bus.description === undefined && bus.policy === undefined;
  return name === DEFAULT_BUS && saysNothing ? undefined : busEntry(name, bus);
}

/** The bus of a configuration. */
export function busInForce(
  name: string,
  { description, policy, createdAtMs: creationTimeMs }: MadeBusInForce,
): EventBus {
  return {
    name,
    creationTimeMs,
    ...(description === undefined ? {} : { description }),
    ...(policy === undefined ? {} : { policy: policyInForce(policy) }),
  };
}

/** What was made over the API and is in force, as files would have it. @param destinations the API destinations of it */
export function* madeEntries(
  { buses, rules, archives, queues, mappings }: Pick<Made, "buses" | "rules" | "archives" | "queues" | "mappings">,
  destinations: readonly ShownEntry[],
  identity: Identity,
): Generator<ShownEntry> {
  yield* destinations;
  for (const [name, bus] of buses) {
    const shown = shownBus(name, bus);
    if (shown !== undefined) yield shown;
  }
  for (const [name, queue] of queues) yield queueEntry(name, queue, identity);
  for (const [name, archive] of archives) yield archiveEntry(name, archive);
  for (const [key, rule] of rules) yield ruleEntry(key, rule, identity);
  for (const [uuid, mapping] of mappings) yield mappingEntry(uuid, mapping, identity);
}
