import type { Config } from "../../../domain/config.ts";
import { deadLetterQueues, destinationsOf } from "../../../domain/config.ts";
import type { LimitName } from "../../../domain/limits.ts";
import { declarationsOf, destinationQueue } from "../../../domain/queue/configured-queues.ts";
import { SYSTEM_QUEUES, UNDELIVERABLE_QUEUE } from "../../../domain/queue/queues.ts";
import { doorNames } from "../../../domain/http-route/door-names.ts";
import { LATEST } from "../../../domain/target/function-alias.ts";
import type { DestinationRef } from "../../../domain/target/target.ts";
import { circuitLabel, destinationLabel, functionRef } from "../../../domain/target/target.ts";

/** What stands for every name that the configuration does not have, so that nobody outside can make series. */
export const UNKNOWN = "unknown";

/** The names that may be label values: those in the configuration, and the system's own queues. */
export interface LabelValues {
  readonly buses: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  /** Those of them that are called with batches of events. */
  readonly batchedFunctions: ReadonlySet<string>;
  /** Those that are local commands. */
  readonly processFunctions: ReadonlySet<string>;
  readonly schedules: ReadonlySet<string>;
  readonly archives: ReadonlySet<string>;
  readonly mappings: ReadonlySet<string>;
  /** HTTP routes, and `url/NAME` of functions with a URL. */
  readonly doors: ReadonlySet<string>;
  /** `function/NAME` and `api-destination/NAME`. */
  readonly destinations: ReadonlySet<string>;
  /** The same, and `function/NAME:VERSION`. */
  readonly circuits: ReadonlySet<string>;
  /** By function, its versions and `$LATEST`, of those that have versions. */
  readonly functionVersions: ReadonlyMap<string, ReadonlySet<string>>;
  /** Those of them that keep an order. */
  readonly orderedDestinations: ReadonlySet<string>;
  /** Those of them that need access tokens. */
  readonly tokenDestinations: ReadonlySet<string>;
  /** The queue of each destination. */
  readonly queueOf: ReadonlyMap<string, string>;
  /** Queues that take dead letters. */
  readonly deadLetterQueues: ReadonlySet<string>;
  /** The queues of users, which speak SQS. */
  readonly messageQueues: ReadonlySet<string>;
  /** Every queue whose depth is a metric. */
  readonly queues: ReadonlySet<string>;
}

export const NO_LABEL_VALUES: LabelValues = {
  buses: new Set(),
  functions: new Set(),
  batchedFunctions: new Set(),
  processFunctions: new Set(),
  schedules: new Set(),
  archives: new Set(),
  mappings: new Set(),
  doors: new Set(),
  destinations: new Set(),
  circuits: new Set(),
  functionVersions: new Map(),
  orderedDestinations: new Set(),
  tokenDestinations: new Set(),
  queueOf: new Map(),
  deadLetterQueues: new Set(),
  messageQueues: new Set(),
  queues: new Set(),
};

/** The label values that a configuration allows. */
export function labelValuesOf(config: Config): LabelValues {
  const destinations = destinationsOf(config);
  // The length of an archive's stream is no depth: nobody takes from it.
  const queues = [...declarationsOf(config), ...SYSTEM_QUEUES].filter(({ retention }) => retention === undefined);
  return {
    buses: new Set(config.eventBuses.keys()),
    functions: new Set(config.functions.keys()),
    batchedFunctions: config.batchedFunctions,
    processFunctions: new Set(
      [...config.functions.values()].flatMap(({ name, run }) => (run.kind === "process" ? [name] : [])),
    ),
    schedules: new Set(config.schedules.keys()),
    archives: new Set(config.archives.keys()),
    mappings: new Set(config.mappings.keys()),
    doors: doorNames(config),
    destinations: new Set(destinations.map(destinationLabel)),
    circuits: new Set([...destinations, ...versionsIn(config)].map(circuitLabel)),
    functionVersions: new Map(
      [...config.functions.values()].flatMap((fn) =>
        fn.versions === undefined ? [] : [[fn.name, new Set([LATEST, ...fn.versions.keys()])]],
      ),
    ),
    orderedDestinations: new Set(
      [...config.functions.values()].flatMap(({ name, orderBy }) =>
        orderBy === undefined ? [] : [destinationLabel({ kind: "function", name })],
      ),
    ),
    tokenDestinations: new Set(
      [...config.apiDestinations].flatMap(([name, { auth }]) =>
        auth.kind === "oauth" ? [destinationLabel({ kind: "api-destination", name })] : [],
      ),
    ),
    queueOf: new Map(destinations.map((one) => [destinationLabel(one), destinationQueue(one, config)])),
    deadLetterQueues: new Set(deadLetterQueues(config)),
    messageQueues: new Set(config.queues.keys()),
    queues: new Set([...queues.map(({ name }) => name), UNDELIVERABLE_QUEUE]),
  };
}

function versionsIn({ functions }: Config): readonly DestinationRef[] {
  return [...functions.values()].flatMap(({ name, versions }) =>
    [...(versions?.keys() ?? [])].map((version) => functionRef(name, version)),
  );
}

/** A name as a label value: itself when it is a known one. */
export function known(name: string, names: ReadonlySet<string>): string {
  return names.has(name) ? name : UNKNOWN;
}

/** `entriesInFlight` → `entries_in_flight`. */
export function limitLabel(name: LimitName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
