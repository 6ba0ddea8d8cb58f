import type { RuleIndex } from "../pattern/rule-index.ts";
import type { ApiDestination, FunctionConfig } from "./target/function.ts";
import { DEAD_LETTER_QUEUE } from "./queue/queues.ts";
import type { Rule } from "./rule/rule.ts";
import { ruleKey } from "./rule/rule.ts";
import type { JournalConfig } from "./journal/journal-config.ts";
import type { DestinationRef, Target } from "./target/target.ts";

export interface EventBus {
  readonly name: string;
  /** When it was made, by its configuration, in epoch milliseconds. */
  readonly creationTimeMs?: number;
  readonly description?: string;
}

export interface QueueConfig {
  readonly name: string;
  readonly description?: string;
}

/** Everything the configuration files say, checked, compiled and frozen. Replaced whole on a reload, never changed. */
export interface Config {
  readonly eventBuses: ReadonlyMap<string, EventBus>;
  readonly functions: ReadonlyMap<string, FunctionConfig>;
  readonly queues: ReadonlyMap<string, QueueConfig>;
  readonly apiDestinations: ReadonlyMap<string, ApiDestination>;
  /** By `bus/name`. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** The enabled rules of each bus, in configuration order, with the index that finds those an event fits. */
  readonly rulesByBus: ReadonlyMap<string, RuleIndex<Rule>>;
  /** Undefined where routers write no journal. */
  readonly journal?: JournalConfig;
}

/** A rule's target, found again when its delivery is attempted; undefined when this configuration has none such. */
export function findTarget(config: Config, bus: string, rule: string, targetId: string): Target | undefined {
  return config.rules.get(ruleKey(bus, rule))?.targets.find((target) => target.id === targetId);
}

/** Every function and API destination of a configuration. */
export function destinationsOf({ functions, apiDestinations }: Config): readonly DestinationRef[] {
  return [
    ...[...functions.keys()].map((name) => ({ kind: "function", name }) as const),
    ...[...apiDestinations.keys()].map((name) => ({ kind: "api-destination", name }) as const),
  ];
}

/** What a configuration says of a destination; undefined when it has none such. */
export function findDestination(
  { functions, apiDestinations }: Config,
  { kind, name }: DestinationRef,
): FunctionConfig | ApiDestination | undefined {
  return kind === "function" ? functions.get(name) : apiDestinations.get(name);
}

/** Where dead letters are: the queues that functions and targets name for them, and ours for all others. */
export function deadLetterQueues({ functions, rules }: Config): readonly string[] {
  const ofFunctions = [...functions.values()].map((fn) => fn.deadLetterQueue);
  const ofTargets = [...rules.values()].flatMap((rule) => rule.targets.map((target) => target.deadLetterQueue));
  const named = [...ofFunctions, ...ofTargets].filter((name) => name !== undefined);
  return [...new Set([...named, DEAD_LETTER_QUEUE])];
}
