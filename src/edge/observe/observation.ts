import type { AccessObserver } from "../../ports/access-observer.ts";
import type { BrokerEvents } from "../../ports/broker.ts";
import type { Config } from "../../domain/config.ts";
import type { Observer } from "../../ports/observer.ts";
import { createAccessRecord } from "./access-record.ts";
import { createBrokerCounts } from "./broker-counts.ts";
import { createBrokerJournal } from "./broker-journal.ts";
import { createCounts } from "./counts.ts";
import { guarded } from "./guarded.ts";
import { InFlightCounts } from "./in-flight-counts.ts";
import { createJournal } from "./journal.ts";
import { labelValuesOf, NO_LABEL_VALUES } from "./label-values.ts";
import type { LogDestination, Logger, LogLevel } from "./logger.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { createObserverFaults } from "./observer-faults.ts";
import type { DepthOf } from "./queue-depths.ts";
import { QueueDepths } from "./queue-depths.ts";
import { createSeriesFollower, startFixedSeries } from "./series.ts";

/** A scrape must not wait long for a broker that is slow, nor put a load on it. */
const DEPTH_TIMEOUT_MS = 2_000;
const DEPTH_CACHE_MS = 5_000;

export interface ObservationOptions {
  readonly logLevel: LogLevel;
  /** Whether `busbar_events_matched_total` tells the rules apart. */
  readonly ruleMetrics: boolean;
  /** Where log lines go; standard error by default. */
  readonly destination?: LogDestination;
  /** A clock that only goes forward. */
  readonly nowMs?: () => number;
}

/** Everything that can be seen of a router from outside: its metrics and its log. */
export interface Observation {
  readonly observer: Observer;
  readonly brokerEvents: BrokerEvents;
  readonly accessObserver: AccessObserver;
  readonly log: Logger;
  /** The answer to a scrape. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Takes a configuration's names for label values: new series start at 0, those of what is gone are removed. */
  follow(config: Config): void;
  /** Says where queue depths can be had; until then none is told. */
  watchQueues(depthOf: DepthOf): void;
  /** Says how to learn whether a destination is paused; until then none is. */
  watchPauses(isPaused: (destination: string) => boolean): void;
  /** A line that a local function wrote. */
  readonly functionOutput: (functionName: string, stream: "stdout" | "stderr", line: string) => void;
}

/**
 * Makes the metrics and the log from the same facts. Each observation has a registry of its own: nothing is global.
 * Neither the observers nor the log ever throw: what goes wrong in them is counted, and logged where it can be.
 */
export function createObservation(options: ObservationOptions): Observation {
  const { logLevel, ruleMetrics, destination, nowMs = () => performance.now() } = options;
  const log = createLogger(logLevel, { destination, onFault: (error) => onFault("log", error) });
  const depths = new QueueDepths({ nowMs, timeoutMs: DEPTH_TIMEOUT_MS, cacheMs: DEPTH_CACHE_MS });
  const inFlight = new InFlightCounts();
  let names = NO_LABEL_VALUES;
  let isPaused = (_destination: string): boolean => false;
  const metrics = createMetrics({
    ruleMetrics,
    queueDepths: () => depths.read(),
    inFlight: () => inFlight.of(names.functions),
    paused: () => new Map([...names.destinations].map((destination) => [destination, isPaused(destination) ? 1 : 0])),
  });
  const onFault = createObserverFaults(metrics, log, nowMs);
  startFixedSeries(metrics);
  const followSeries = createSeriesFollower(metrics, ruleMetrics);

  return {
    observer: guarded(
      [createCounts({ metrics, ruleMetrics, names: () => names, inFlight }), createJournal(log, nowMs)],
      onFault,
    ),
    brokerEvents: guarded([createBrokerCounts(metrics, () => names), createBrokerJournal(log, nowMs)], onFault),
    accessObserver: guarded([createAccessRecord(metrics, log, nowMs)], onFault),
    log,
    metrics: async () => ({ contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }),
    follow: (config) => {
      names = labelValuesOf(config);
      depths.follow(names.queues);
      followSeries(names);
    },
    watchQueues: (depthOf) => depths.watch(depthOf),
    watchPauses: (source) => {
      isPaused = source;
    },
    functionOutput: (functionName, stream, line) =>
      log.info({ function: functionName, stream, line }, "function output"),
  };
}
