import type { Delivery } from "./delivery/delivery.ts";
import type { Archive } from "./archive/archive.ts";
import type { RuleIndex } from "../pattern/rule-index.ts";
import type { BusPolicy } from "./access/bus-policy.ts";
import type { ApiDestination, FunctionConfig } from "./target/function.ts";
import type { HttpRoute } from "./http-route/http-route.ts";
import type { StreamConfig } from "./stream/stream.ts";
import type { QueueConfig } from "./queue/queue-config.ts";
import { DEAD_LETTER_QUEUE } from "./queue/queues.ts";
import type { PatternRule, Rule } from "./rule/rule.ts";
import { ruleKey } from "./rule/rule.ts";
import type { Schedule } from "./schedule/schedule.ts";
import type { Mapping } from "./mapping/mapping.ts";
import type { Made } from "./made/made.ts";
import type { JournalConfig } from "./journal/journal-config.ts";
import type { LogsConfig } from "./logs/logs-config.ts";
import type { DestinationRef, NamedTarget, Target, TargetBatch } from "./target/target.ts";

/** It is there whether configured or not: rules and events that name no bus mean it. */
export const DEFAULT_BUS = "default";

export interface EventBus {
  readonly name: string;
  /** When it was made, by its configuration, in epoch milliseconds. */
  readonly creationTimeMs?: number;
  readonly description?: string;
  /** Who may put on it, besides those whose own policies say so. */
  readonly policy?: BusPolicy;
}

/** What the configuration says, as it may be shown: without the values of secrets. */
export interface ConfigDocument {
  /** The same wherever the configuration says the same: 16 hexadecimal digits, made of the hashes of its entries. */
  readonly digest: string;
  /** The document's length. */
  readonly bytes: number;
  /**
   * The document, JSON text, deflated (RFC 1951): 100,000 rules take 30 MB otherwise. It is written when it is first asked for,
   * which then takes seconds, in turns.
   */
  deflated(): Promise<Buffer>;
}

/** Where the files have what may not be changed over the API, as `config/rules.yaml:14:3`. */
export interface FilePlaces {
  readonly buses: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, string>;
  /** By `bus/name`. */
  readonly rules: ReadonlyMap<string, string>;
  readonly schedules: ReadonlyMap<string, string>;
  readonly queues: ReadonlyMap<string, string>;
  readonly mappings: ReadonlyMap<string, string>;
  /** Those of buses with a retention are where the bus is. */
  readonly archives: ReadonlyMap<string, string>;
}

/**
 * Everything the configuration files say and the API has made, checked, compiled and frozen. Replaced whole on a change,
 * never changed.
 */
export interface Config {
  readonly eventBuses: ReadonlyMap<string, EventBus>;
  readonly functions: ReadonlyMap<string, FunctionConfig>;
  readonly queues: ReadonlyMap<string, QueueConfig>;
  readonly streams: ReadonlyMap<string, StreamConfig>;
  readonly apiDestinations: ReadonlyMap<string, ApiDestination>;
  readonly archives: ReadonlyMap<string, Archive>;
  /** By `bus/name`. Those that archives manage are among them. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Those with a `startFrom`: only files have them. */
  readonly rulesWithPast: readonly Rule[];
  /** The functions that targets of rules give batches to: only files have such targets. */
  readonly batchedFunctions: ReadonlySet<string>;
  /** The queues that targets of rules name for dead letters. */
  readonly ruleDeadLetterQueues: ReadonlySet<string>;
  /** The enabled rules of each bus, in configuration order, with the index that finds those an event fits. */
  readonly rulesByBus: ReadonlyMap<string, RuleIndex<PatternRule>>;
  /** By name, those of rules among them. */
  readonly schedules: ReadonlyMap<string, Schedule>;
  readonly mappings: ReadonlyMap<string, Mapping>;
  /** Only files have routes. */
  readonly httpRoutes: ReadonlyMap<string, HttpRoute>;
  /** Undefined where routers write no journal. */
  readonly journal?: JournalConfig;
  /** Undefined where routers keep no lines of functions. */
  readonly logs?: LogsConfig;
  /** Undefined where the configuration comes from no files. */
  readonly places?: FilePlaces;
  /** As files have them, without aliases of the API and shifts; undefined without a store. */
  readonly fileFunctions?: ReadonlyMap<string, FunctionConfig>;
  /** What was made over the API, as it was given; undefined without a store. */
  readonly made?: Made;
  readonly document: ConfigDocument;
}

/** A rule's target, found again when its delivery is attempted; undefined when this configuration has none such. */
export function findTarget(config: Config, bus: string, rule: string, targetId: string): Target | undefined {
  return config.rules.get(ruleKey(bus, rule))?.targets.find((target) => target.id === targetId);
}

/**
 * How the rule's target of a delivery is given batches; undefined where it is given each event by itself. A target may be another
 * function's since the delivery was made, which still goes to its own destination.
 */
export function batchOf(
  { origin, destination }: Pick<Delivery, "origin" | "destination">,
  config: Config,
): TargetBatch | undefined {
  const target = origin && findTarget(config, origin.bus, origin.rule, origin.target);
  const isItsOwn = target?.to.kind === destination.kind && target.to.name === destination.name;
  return isItsOwn ? target.batch : undefined;
}

/**
 * Whether two configurations say the same of all but rules: what is called, consumed and scheduled then stays as it is. False
 * also where the same was made anew, as from other files.
 */
export function differInRulesOnly(one: Config, other: Config): boolean {
  return (
    one.eventBuses === other.eventBuses &&
    one.functions === other.functions &&
    one.queues === other.queues &&
    one.streams === other.streams &&
    one.apiDestinations === other.apiDestinations &&
    one.schedules === other.schedules &&
    one.archives === other.archives &&
    one.mappings === other.mappings &&
    one.httpRoutes === other.httpRoutes &&
    one.batchedFunctions === other.batchedFunctions &&
    one.ruleDeadLetterQueues === other.ruleDeadLetterQueues &&
    one.journal === other.journal &&
    one.logs === other.logs
  );
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

/** What a target may point at. */
export type Destinations = Pick<Config, "functions" | "queues" | "streams" | "apiDestinations" | "eventBuses">;

/** Whether a configuration has what a target names. */
export function hasDestination(there: Destinations, { kind, name }: NamedTarget): boolean {
  switch (kind) {
    case "function":
      return there.functions.has(name);
    case "queue":
      return there.queues.has(name);
    case "stream":
      return there.streams.has(name);
    case "api-destination":
      return there.apiDestinations.has(name);
    case "event-bus":
      return there.eventBuses.has(name);
    case "archive":
    case "other":
      return false;
  }
}

/** Where dead letters are: the queues that functions and targets name for them, and ours for all others. */
export function deadLetterQueues({ functions, ruleDeadLetterQueues, schedules }: Config): readonly string[] {
  const ofFunctions = [...functions.values()].map((fn) => fn.deadLetterQueue);
  const ofSchedules = [...schedules.values()].map(({ target }) => target.deadLetterQueue);
  const named = [...ofFunctions, ...ruleDeadLetterQueues, ...ofSchedules].filter((name) => name !== undefined);
  return [...new Set([...named, DEAD_LETTER_QUEUE])];
}
