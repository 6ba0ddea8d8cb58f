import { collectDefaultMetrics, Registry } from "prom-client";
import { accessMetrics } from "./access.ts";
import { brokerMetrics } from "./broker.ts";
import { configMetrics } from "./config.ts";
import { deadLetterMetrics } from "./dead-letter.ts";
import { deliveryMetrics } from "./delivery.ts";
import type { DestinationGauges } from "./destination.ts";
import { destinationMetrics } from "./destination.ts";
import { functionMetrics } from "./function.ts";
import { journalMetrics } from "./journal.ts";
import { tapMetrics } from "./tap.ts";
import { putMetrics } from "./put.ts";
import { observerMetrics } from "./observer.ts";

/**
 * How often the event loop is probed for its lag, and its share of time is read. prom-client's own 10 and 100 ms
 * wake the process so often that they took three quarters of what an idle router costs.
 */
const EVENT_LOOP_PROBE_MS = 100;
const EVENT_LOOP_UTILIZATION_MS = 1_000;

export interface MetricsOptions extends DestinationGauges {
  /** Whether `busbar_events_matched_total` has a label for the rule. */
  readonly ruleMetrics: boolean;
  /** Asked at each scrape: messages ready, by queue. */
  readonly queueDepths: () => Promise<ReadonlyMap<string, number>>;
  /** Asked at each scrape: invocations in flight, by function. */
  readonly inFlight: () => ReadonlyMap<string, number>;
}

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Makes every metric, in a registry of its own, together with prom-client's `process_*` and `nodejs_*` ones. Names,
 * labels and meanings stand in docs/metrics.md. Base units throughout; label values come from the configuration.
 */
export function createMetrics({ ruleMetrics, queueDepths, inFlight, ...destinationGauges }: MetricsOptions) {
  // A registry of the text format takes no metric with exemplars; `exposition.ts` renders both formats.
  const registry = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_PROBE_MS,
    eventLoopUtilizationTimeout: EVENT_LOOP_UTILIZATION_MS,
  });
  return {
    registry,
    ...putMetrics(registry, ruleMetrics),
    ...deliveryMetrics(registry),
    ...deadLetterMetrics(registry),
    ...destinationMetrics(registry, destinationGauges),
    ...functionMetrics(registry, inFlight),
    ...brokerMetrics(registry, queueDepths),
    ...configMetrics(registry),
    ...accessMetrics(registry),
    ...journalMetrics(registry),
    ...tapMetrics(registry),
    ...observerMetrics(registry),
  };
}
