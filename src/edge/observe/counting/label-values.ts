import type { Config } from "../../../domain/config.ts";
import { deadLetterQueues, destinationsOf } from "../../../domain/config.ts";
import type { LimitName } from "../../../domain/limits.ts";
import { declarationsOf, destinationQueue } from "../../../domain/queue/configured-queues.ts";
import { SYSTEM_QUEUES, UNDELIVERABLE_QUEUE } from "../../../domain/queue/queues.ts";
import { ruleKey } from "../../../domain/rule/rule.ts";
import { destinationLabel } from "../../../domain/target/target.ts";

/** What stands for every name that the configuration does not have, so that nobody outside can make series. */
export const UNKNOWN = "unknown";

/** The names that may be label values: those in the configuration, and the system's own queues. */
export interface LabelValues {
  readonly buses: ReadonlySet<string>;
  /** The enabled rules, by `ruleKey`. */
  readonly rules: ReadonlyMap<string, { readonly bus: string; readonly rule: string }>;
  readonly functions: ReadonlySet<string>;
  /** `function/NAME` and `api-destination/NAME`. */
  readonly destinations: ReadonlySet<string>;
  /** The queue of each destination. */
  readonly queueOf: ReadonlyMap<string, string>;
  /** Queues that take dead letters. */
  readonly deadLetterQueues: ReadonlySet<string>;
  /** Every queue whose depth is a metric. */
  readonly queues: ReadonlySet<string>;
}

export const NO_LABEL_VALUES: LabelValues = {
  buses: new Set(),
  rules: new Map(),
  functions: new Set(),
  destinations: new Set(),
  queueOf: new Map(),
  deadLetterQueues: new Set(),
  queues: new Set(),
};

/** The label values that a configuration allows. */
export function labelValuesOf(config: Config): LabelValues {
  const rules = [...config.rulesByBus.values()].flatMap((index) => index.rules);
  const destinations = destinationsOf(config);
  return {
    buses: new Set(config.eventBuses.keys()),
    rules: new Map(rules.map(({ bus, name }) => [ruleKey(bus, name), { bus, rule: name }])),
    functions: new Set(config.functions.keys()),
    destinations: new Set(destinations.map(destinationLabel)),
    queueOf: new Map(destinations.map((one) => [destinationLabel(one), destinationQueue(one, config)])),
    deadLetterQueues: new Set(deadLetterQueues(config)),
    queues: new Set([...[...declarationsOf(config), ...SYSTEM_QUEUES].map(({ name }) => name), UNDELIVERABLE_QUEUE]),
  };
}

/** A name as a label value: itself when it is a known one. */
export function known(name: string, names: ReadonlySet<string>): string {
  return names.has(name) ? name : UNKNOWN;
}

/** `entriesInFlight` → `entries_in_flight`. */
export function limitLabel(name: LimitName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
