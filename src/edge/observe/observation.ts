import { hostname } from "node:os";
import type { AccessObserver } from "../../ports/access-observer.ts";
import type { BrokerEvents } from "../../ports/broker.ts";
import type { Config } from "../../domain/config.ts";
import type { Observer } from "../../ports/observer.ts";
import type { TapObserver } from "../../ports/tail.ts";
import { createAccessRecord } from "./access-record.ts";
import { createBrokerMetrics } from "./counting/broker-metrics.ts";
import { createBrokerLog } from "./log/broker-log.ts";
import { createMetricsObserver } from "./counting/metrics-observer.ts";
import { guarded } from "./guarded.ts";
import { InFlightCounts } from "./counting/in-flight-counts.ts";
import { createLogObserver } from "./log/log-observer.ts";
import { labelValuesOf, NO_LABEL_VALUES } from "./counting/label-values.ts";
import type { LogDestination, Logger, LogLevel } from "./log/logger.ts";
import { createLogger } from "./log/logger.ts";
import type { Exposition } from "./metrics/exposition.ts";
import { openMetricsExposition, textExposition, wantsOpenMetrics } from "./metrics/exposition.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { createObserverFaults } from "./observer-faults.ts";
import type { DepthOf } from "./counting/queue-depths.ts";
import { OldestWaits } from "./counting/oldest-waits.ts";
import { QueueDepths } from "./counting/queue-depths.ts";
import { createJournalCounts } from "./counting/journal-counts.ts";
import { createTapCounts } from "./counting/tap-counts.ts";
import { Journal } from "../journal/journal.ts";
import {
  createJournalAccess,
  createJournalBrokerEvents,
  createJournalObserver,
  writeOutput,
} from "../journal/journal-observer.ts";
import { createSeriesFollower, startFixedSeries } from "./counting/series.ts";

/** A scrape must not wait long for a broker that is slow, nor put a load on it. */
const DEPTH_TIMEOUT_MS = 2_000;
const DEPTH_CACHE_MS = 5_000;

export interface ObservationOptions {
  readonly logLevel: LogLevel;
  /** Whether `busbar_events_matched_total` has a label for the rule. */
  readonly ruleMetrics: boolean;
  /** Where log lines go; standard error by default. */
  readonly destination?: LogDestination;
  /** A clock that only goes forward. */
  readonly nowMs?: () => number;
  /** The time of day, in epoch milliseconds. */
  readonly epochMs?: () => number;
  /** What this router is called in the journal; by default as its host, with the number of its process. */
  readonly router?: string;
}

/** What a live tail hears. */
type Shown = Pick<Observer, "put" | "attempt">;

/** Everything that can be seen of a router from outside: its metrics, its log and its journal. */
export interface Observation {
  readonly observer: Observer;
  readonly brokerEvents: BrokerEvents;
  readonly accessObserver: AccessObserver;
  readonly tapObserver: TapObserver;
  readonly log: Logger;
  readonly journal: Journal;
  /** The answer to a scrape: in the text format, unless its `Accept` header wants OpenMetrics more. */
  metrics(accept?: string): Promise<Exposition>;
  /** Takes a configuration's names for label values: new series start at 0, those of what is gone are removed. */
  follow(config: Config): void;
  /** Says where queue depths can be had; until then there are none. */
  watchQueues(depthOf: DepthOf): void;
  /** Says how to learn whether a destination is paused; until then none is. */
  watchPauses(isPaused: (destination: string) => boolean): void;
  /** Has another listener hear what was put and attempted, after everything else; until then there is none. */
  showTo(listener: Shown): void;
  /** A line that a local function wrote. */
  readonly functionOutput: (functionName: string, stream: "stdout" | "stderr", line: string) => void;
}

/**
 * Makes the metrics, the log and the journal from the same facts. Each observation has a registry of its own: nothing is global.
 * Neither the observers nor the log ever throw: what goes wrong in them is counted, and logged where it can be.
 */
export function createObservation(options: ObservationOptions): Observation {
  const { logLevel, ruleMetrics, destination, router = `${hostname()}:${process.pid}` } = options;
  const { nowMs = () => performance.now(), epochMs = Date.now } = options;
  const log = createLogger(logLevel, { destination, onFault: (error) => onFault("log", error) });
  const depths = new QueueDepths({ nowMs, timeoutMs: DEPTH_TIMEOUT_MS, cacheMs: DEPTH_CACHE_MS });
  const inFlight = new InFlightCounts();
  const oldestWaits = new OldestWaits(epochMs);
  let names = NO_LABEL_VALUES;
  let isPaused = (_destination: string): boolean => false;
  let shown: Partial<Shown> = {};
  const metrics = createMetrics({
    ruleMetrics,
    queueDepths: () => depths.read(),
    inFlight: () => inFlight.of(names.functions),
    paused: () => new Map([...names.destinations].map((destination) => [destination, isPaused(destination) ? 1 : 0])),
    oldestWaits: async () => oldestWaits.read(await depths.read()),
  });
  const onFault = createObserverFaults(metrics, log, nowMs);
  const journal = new Journal({ router, nowMs: epochMs, ...createJournalCounts(metrics) });
  startFixedSeries(metrics);
  const followSeries = createSeriesFollower(metrics, ruleMetrics);

  return {
    observer: guarded(
      [
        createMetricsObserver({ metrics, ruleMetrics, names: () => names, inFlight, oldestWaits }),
        createLogObserver(log, nowMs),
        createJournalObserver(journal),
        { put: (facts) => shown.put?.(facts), attempt: (facts) => shown.attempt?.(facts) },
      ],
      onFault,
    ),
    brokerEvents: guarded(
      [createBrokerMetrics(metrics, () => names), createBrokerLog(log, nowMs), createJournalBrokerEvents(journal)],
      onFault,
    ),
    accessObserver: guarded([createAccessRecord(metrics, log, nowMs), createJournalAccess(journal)], onFault),
    tapObserver: createTapCounts(metrics),
    log,
    journal,
    metrics: (accept) =>
      wantsOpenMetrics(accept) ? openMetricsExposition(metrics.registry) : textExposition(metrics.registry),
    follow: (config) => {
      names = labelValuesOf(config);
      journal.follow(config.journal);
      depths.follow(names.queues);
      oldestWaits.follow(names.queueOf);
      followSeries(names);
    },
    watchQueues: (depthOf) => depths.watch(depthOf),
    watchPauses: (source) => {
      isPaused = source;
    },
    showTo: (listener) => {
      shown = listener;
    },
    functionOutput: (functionName, stream, line) => {
      log.info({ function: functionName, stream, line }, "function output");
      writeOutput(journal, functionName, stream, line);
    },
  };
}
