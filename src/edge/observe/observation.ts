import { hostname } from "node:os";
import type { AccessObserver } from "../../ports/access-observer.ts";
import type { BrokerEvents } from "../../ports/broker/broker.ts";
import type { Job } from "../../domain/job/job.ts";
import type { Config } from "../../domain/config.ts";
import { differInRulesOnly } from "../../domain/config.ts";
import type { MadeObserver } from "../../ports/made.ts";
import type { QueueObserver } from "../../ports/queue-observer.ts";
import type { Observer } from "../../ports/observer.ts";
import type { RoutersObserver } from "../../ports/admin/routers.ts";
import type { StoreEvents } from "../../ports/store/store.ts";
import type { TapObserver } from "../../ports/admin/tail.ts";
import { createAccessRecord } from "./access-record.ts";
import { createBrokerMetrics } from "./counting/broker-metrics.ts";
import { createBrokerLog } from "./log/lines/broker-log.ts";
import { createStoreMetrics, startStoreSeries } from "./counting/store/store-metrics.ts";
import { createStoreLog } from "./log/lines/store-log.ts";
import { connectionStates, createMadeMetrics, startMadeSeries } from "./counting/store/made-metrics.ts";
import { MappingNumbers } from "./counting/mapping-numbers.ts";
import { createMetricsObserver } from "./counting/metrics-observer.ts";
import { guarded } from "./guarded.ts";
import { payloadReadsOnce } from "./payload-reads.ts";
import { InFlightCounts } from "./counting/calls/in-flight-counts.ts";
import type { FunctionOutput } from "./log/lines/function-output.ts";
import { createFunctionOutput } from "./log/lines/function-output.ts";
import { createLogObserver } from "./log/lines/log-observer.ts";
import { labelValuesOf, NO_LABEL_VALUES } from "./counting/label-values.ts";
import type { LogDestination, Logger, LogLevel } from "./log/logger.ts";
import { createLogger } from "./log/logger.ts";
import type { Exposition } from "./metrics/exposition.ts";
import { openMetricsExposition, textExposition, wantsOpenMetrics } from "./metrics/exposition.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { createObserverFaults } from "./observer-faults.ts";
import type { DepthOf } from "./counting/queues/queue-depths.ts";
import { PermitCounts } from "./counting/calls/permit-counts.ts";
import { KeyCounts } from "./counting/queues/key-counts.ts";
import { OldestWaits } from "./counting/queues/oldest-waits.ts";
import { createQueueMetrics } from "./counting/queues/queue-metrics.ts";
import type { ReceivedSource } from "./counting/queues/received-counts.ts";
import { ReceivedCounts } from "./counting/queues/received-counts.ts";
import { QueueDepths } from "./counting/queues/queue-depths.ts";
import { createJournalCounts } from "./counting/journal-counts.ts";
import { createLineCounts } from "./counting/line-counts.ts";
import { RuleSeries } from "./counting/rule-series.ts";
import { RouterCounts } from "./counting/routers/router-counts.ts";
import { createRoutersObserver } from "./counting/routers/routers-observer.ts";
import { createTapCounts } from "./counting/tap-counts.ts";
import { Journal } from "../journal/journal.ts";
import { createJournalAccess, createJournalBrokerEvents, createJournalObserver } from "../journal/journal-observer.ts";
import { KeptLines } from "../journal/lines/kept-lines.ts";
import { StatedConfiguration } from "../journal/stated-configuration.ts";
import { createSeriesFollower, startFixedSeries } from "./counting/series.ts";
import type { SpanCounts } from "./counting/span-counts.ts";
import { createSpanCounts } from "./counting/span-counts.ts";
import { createSpanIds } from "../trace/span-ids.ts";
import { createTraceObserver } from "../trace/trace-observer.ts";
import { Tracing } from "../trace/tracing.ts";

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
type Shown = Pick<Observer, "put" | "attempt" | "scheduleFired">;

/** Everything that can be seen of a router from outside: its metrics, its log, its journal and its traces. */
export interface Observation {
  readonly observer: Observer;
  readonly queueObserver: QueueObserver;
  readonly brokerEvents: BrokerEvents;
  readonly storeEvents: StoreEvents;
  readonly madeObserver: MadeObserver;
  readonly accessObserver: AccessObserver;
  readonly tapObserver: TapObserver;
  readonly routersObserver: RoutersObserver;
  readonly log: Logger;
  readonly journal: Journal;
  /** Keeps the lines of functions. */
  readonly keptLines: KeptLines;
  readonly tracing: Tracing;
  readonly spanCounts: SpanCounts;
  /** What this router is called in the journal and by other routers. */
  readonly router: string;
  /** Which configuration is in force, and since when. */
  readonly inForce: { readonly digest: string; readonly sinceMs: number };
  /** What goes on, for this router's status. */
  readonly routerCounts: RouterCounts;
  /** Asks how many keys of functions that keep an order wait, and which are blocked. */
  readonly keys: Pick<KeyCounts, "watchWaiting" | "watchBlocked">;
  readonly permits: Pick<PermitCounts, "watch">;
  /** The answer to a scrape: in the text format, unless its `Accept` header wants OpenMetrics more. */
  metrics(accept?: string): Promise<Exposition>;
  /** Takes a configuration's names for label values: new series start at 0, those of what is gone are removed. */
  follow(config: Config): void;
  /** Says where queue depths can be had; until then there are none. */
  watchQueues(depthOf: DepthOf): void;
  /** Says where it can be asked what has been received and what waits; until then nothing is. */
  watchReceived(source: ReceivedSource): void;
  /** Says how to learn whether a destination is paused; until then none is. */
  watchPauses(isPaused: (destination: string) => boolean): void;
  /** Says which jobs this router runs; until then there are none. */
  watchJobs(owned: () => readonly Job[]): void;
  /** Has another listener hear what was put and attempted, after everything else; until then there is none. */
  showTo(listener: Shown): void;
  /** A line that a local function wrote. */
  readonly functionOutput: FunctionOutput;
}

/**
 * Makes the metrics, the log, the journal and the traces from the same facts. Each observation has a registry of its own: nothing is global.
 * Neither the observers nor the log ever throw: what goes wrong in them is counted, and logged where it can be.
 */
export function createObservation(options: ObservationOptions): Observation {
  const { logLevel, ruleMetrics, destination, router = `${hostname()}:${process.pid}` } = options;
  const { nowMs = () => performance.now(), epochMs = Date.now } = options;
  const log = createLogger(logLevel, { destination, onFault: (error) => onFault("log", error) });
  const asking = { nowMs, timeoutMs: DEPTH_TIMEOUT_MS, cacheMs: DEPTH_CACHE_MS };
  const depths = new QueueDepths(asking);
  const received = new ReceivedCounts(asking);
  const inFlight = new InFlightCounts();
  const mappings = new MappingNumbers(epochMs);
  const oldestWaits = new OldestWaits(epochMs);
  const keys = new KeyCounts(epochMs);
  const permits = new PermitCounts();
  let followed: Config | undefined;
  let names = NO_LABEL_VALUES;
  let isPaused = (_destination: string): boolean => false;
  let jobsOf = (): readonly Job[] => [];
  let shown: Partial<Shown> = {};
  let inForce = { digest: "", sinceMs: 0 };
  const routerCounts = new RouterCounts(epochMs);
  const metrics = createMetrics({
    ruleMetrics,
    queueDepths: () => depths.read(),
    inFlight: () => inFlight.of(names.functions),
    permits,
    ...mappings.gauges(() => names.mappings),
    paused: () => new Map([...names.destinations].map((destination) => [destination, isPaused(destination) ? 1 : 0])),
    keysWaiting: () => keys.waiting(),
    keysBlocked: () => keys.blocked(),
    oldestBlockedKeys: () => keys.oldestBlocked(),
    jobs: () => jobsOf(),
    connections: () => connectionStates(followed?.made),
    messagesInFlight: () => received.inFlight(),
    pollsWaiting: () => received.waitingPolls(),
    oldestWaits: async () => oldestWaits.read(await depths.read()),
  });
  const onFault = createObserverFaults(metrics, log, nowMs);
  const tracing = new Tracing({ nowMs: epochMs, random: Math.random, ids: createSpanIds() });
  const keptLines = new KeptLines({ router, nowMs: epochMs, ...createLineCounts(metrics) });
  const journal = new Journal({ router, nowMs: epochMs, ...createJournalCounts(metrics, routerCounts) });
  startFixedSeries(metrics);
  startStoreSeries(metrics);
  startMadeSeries(metrics);
  const followSeries = createSeriesFollower(metrics, ruleMetrics);
  const ruleSeries = ruleMetrics ? new RuleSeries(metrics.eventsMatched) : undefined;
  const stated = new StatedConfiguration(journal);
  const followNames = (config: Config): void => {
    names = labelValuesOf(config);
    journal.follow(config.journal);
    keptLines.follow(config.logs, config.journal?.redact);
    depths.follow(names.queues);
    received.follow(names.messageQueues);
    oldestWaits.follow(names.queueOf);
    keys.follow(names.orderedDestinations);
    followSeries(names);
  };

  return {
    observer: guarded(
      [
        createMetricsObserver({ metrics, ruleSeries, names: () => names, inFlight, mappings, oldestWaits }),
        createLogObserver(log, nowMs),
        createJournalObserver(journal),
        createTraceObserver(tracing),
        routerCounts.observer,
        {
          put: (facts) => shown.put?.(facts),
          attempt: (facts) => shown.attempt?.(facts),
          scheduleFired: (fact) => shown.scheduleFired?.(fact),
        },
      ],
      onFault,
    ),
    queueObserver: guarded([createQueueMetrics(metrics, () => names)], onFault),
    brokerEvents: guarded(
      [createBrokerMetrics(metrics, () => names), createBrokerLog(log, nowMs), createJournalBrokerEvents(journal)],
      onFault,
    ),
    storeEvents: guarded([createStoreMetrics(metrics), createStoreLog(log, nowMs)], onFault),
    madeObserver: guarded([createMadeMetrics(metrics)], onFault),
    accessObserver: payloadReadsOnce(
      guarded([createAccessRecord(metrics, log, nowMs), createJournalAccess(journal)], onFault),
      nowMs,
    ),
    tapObserver: createTapCounts(metrics, routerCounts),
    routersObserver: createRoutersObserver(metrics),
    log,
    journal,
    keptLines,
    tracing,
    spanCounts: createSpanCounts(metrics, log, nowMs),
    router,
    routerCounts,
    keys,
    permits,
    get inForce() {
      return inForce;
    },
    metrics: (accept) =>
      wantsOpenMetrics(accept) ? openMetricsExposition(metrics.registry) : textExposition(metrics.registry),
    follow: (config) => {
      if (followed === undefined || !differInRulesOnly(followed, config)) followNames(config);
      followed = config;
      ruleSeries?.follow(config.rules);
      tracing.follow(config);
      metrics.madeLeftOut.set(config.made?.leftOut.size ?? 0);
      metrics.configInfo.reset();
      metrics.configInfo.set({ digest: config.document.digest }, 1);
      inForce = { digest: config.document.digest, sinceMs: epochMs() };
      stated.follow(config, inForce.sinceMs);
    },
    watchQueues: (depthOf) => depths.watch(depthOf),
    watchReceived: (source) => received.watch(source),
    watchPauses: (source) => {
      isPaused = source;
    },
    watchJobs: (source) => {
      jobsOf = source;
    },
    showTo: (listener) => {
      shown = listener;
    },
    functionOutput: createFunctionOutput(log, journal),
  };
}
