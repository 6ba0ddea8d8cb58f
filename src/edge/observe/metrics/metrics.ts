import { collectDefaultMetrics, Registry } from "prom-client";
import { accessMetrics } from "./families/router/access.ts";
import { archiveMetrics } from "./families/events/archive.ts";
import { brokerMetrics } from "./families/router/broker.ts";
import { configMetrics } from "./families/router/config.ts";
import type { MadeGauges } from "./families/router/made.ts";
import { madeMetrics } from "./families/router/made.ts";
import { deadLetterMetrics } from "./families/events/dead-letter.ts";
import { deliveryMetrics } from "./families/events/delivery.ts";
import type { DestinationGauges } from "./families/events/destination.ts";
import { destinationMetrics } from "./families/events/destination.ts";
import type { KeyGauges } from "./families/events/order.ts";
import { orderMetrics } from "./families/events/order.ts";
import type { AskedPermits } from "./families/events/function.ts";
import { functionMetrics } from "./families/events/function.ts";
import { httpRouteMetrics } from "./families/events/http-route.ts";
import type { JobCounts } from "./families/router/job.ts";
import { jobMetrics } from "./families/router/job.ts";
import { functionLogMetrics } from "./families/router/function-logs.ts";
import { journalMetrics } from "./families/router/journal.ts";
import { routersMetrics } from "./families/router/routers.ts";
import { scheduleMetrics } from "./families/events/schedule.ts";
import { storeMetrics } from "./families/router/store.ts";
import { tapMetrics } from "./families/events/tap.ts";
import { traceMetrics } from "./families/events/trace.ts";
import type { ReceivedGauges } from "./families/events/queue.ts";
import { queueMetrics } from "./families/events/queue.ts";
import { putMetrics } from "./families/events/put.ts";
import type { MappingGauges } from "./families/events/mapping.ts";
import { mappingMetrics } from "./families/events/mapping.ts";
import { observerMetrics } from "./observer.ts";

/**
 * How often the event loop is probed for its lag, and its share of time is read. prom-client's own 10 and 100 ms
 * wake the process so often that they took three quarters of what an idle router costs.
 */
const EVENT_LOOP_PROBE_MS = 100;
const EVENT_LOOP_UTILIZATION_MS = 1_000;

export interface MetricsOptions extends DestinationGauges, KeyGauges, ReceivedGauges, MappingGauges, MadeGauges {
  /** Whether `busbar_events_matched_total` has a label for the rule. */
  readonly ruleMetrics: boolean;
  /** Asked at each scrape: messages ready, by queue. */
  readonly queueDepths: () => Promise<ReadonlyMap<string, number>>;
  /** Asked at each scrape: invocations in flight, by function. */
  readonly inFlight: () => ReadonlyMap<string, number>;
  readonly permits: AskedPermits;
  readonly jobs: JobCounts;
}

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Makes every metric, in a registry of its own, together with prom-client's `process_*` and `nodejs_*` ones. Names,
 * labels and meanings stand in docs/metrics.md. Base units throughout; label values come from the configuration.
 */
export function createMetrics({ ruleMetrics, queueDepths, inFlight, permits, jobs, ...asked }: MetricsOptions) {
  // A registry of the text format takes no metric with exemplars; `exposition.ts` renders both formats.
  const registry = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_PROBE_MS,
    eventLoopUtilizationTimeout: EVENT_LOOP_UTILIZATION_MS,
  });
  orderMetrics(registry, asked);
  return {
    registry,
    ...putMetrics(registry, ruleMetrics),
    ...deliveryMetrics(registry),
    ...deadLetterMetrics(registry),
    ...destinationMetrics(registry, asked),
    ...queueMetrics(registry, asked),
    ...functionMetrics(registry, inFlight, permits),
    ...httpRouteMetrics(registry),
    ...brokerMetrics(registry, queueDepths),
    ...storeMetrics(registry),
    ...configMetrics(registry),
    ...madeMetrics(registry, asked),
    ...accessMetrics(registry),
    ...journalMetrics(registry),
    ...functionLogMetrics(registry),
    ...tapMetrics(registry),
    ...traceMetrics(registry),
    ...routersMetrics(registry),
    ...jobMetrics(registry, jobs),
    ...scheduleMetrics(registry),
    ...archiveMetrics(registry),
    ...mappingMetrics(registry, asked),
    ...observerMetrics(registry),
  };
}
