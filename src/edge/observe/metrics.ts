import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** A put request: a millisecond to the 5 s after which an unconfirmed publish is given up. */
const PUT_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * A wait: milliseconds while nothing fails, Lambda's 1 and 2 minutes after errors, up to the 24 h that an event may
 * live.
 */
const WAIT_BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 180, 600, 1_800, 3_600, 21_600, 86_400];

/** A call of a function: up to Lambda's longest time-out, 900 s. */
const INVOCATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/** Lateness of a delayed message: it is never early. */
const LATENESS_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];

/**
 * How often the event loop is probed for its lag, and looked at for its share of time. prom-client's own 10 and 100 ms
 * wake the process so often that they took three quarters of what an idle router costs.
 */
const EVENT_LOOP_PROBE_MS = 100;
const EVENT_LOOP_UTILIZATION_MS = 1_000;

export interface MetricsOptions {
  /** Whether `busbar_events_matched_total` tells the rules apart. */
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
export function createMetrics({ ruleMetrics, queueDepths, inFlight }: MetricsOptions) {
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_PROBE_MS,
    eventLoopUtilizationTimeout: EVENT_LOOP_UTILIZATION_MS,
  });
  return {
    registry,
    ...ingestMetrics(registry, ruleMetrics),
    ...deliveryMetrics(registry),
    ...functionMetrics(registry, inFlight),
    ...brokerMetrics(registry, queueDepths),
    ...configMetrics(registry),
  };
}

function ingestMetrics(registry: Registry, ruleMetrics: boolean) {
  const registers = [registry];
  return {
    putRequests: new Counter({
      name: "busbar_put_events_requests_total",
      help: "Put requests, by what became of them.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    putEntries: new Counter({
      name: "busbar_put_events_entries_total",
      help: "Entries of put requests, by the bus they were for and what became of them.",
      labelNames: ["bus", "outcome"] as const,
      registers,
    }),
    putSeconds: new Histogram({
      name: "busbar_put_events_duration_seconds",
      help: "How long a put request took.",
      buckets: PUT_BUCKETS_SECONDS,
      registers,
    }),
    eventsMatched: new Counter<"bus" | "rule">({
      name: "busbar_events_matched_total",
      help: "How often accepted events matched a rule.",
      labelNames: ruleMetrics ? ["bus", "rule"] : ["bus"],
      registers,
    }),
    eventsUnmatched: new Counter({
      name: "busbar_events_unmatched_total",
      help: "Accepted events that matched no rule.",
      labelNames: ["bus"] as const,
      registers,
    }),
    deliveriesPublished: new Counter({
      name: "busbar_deliveries_published_total",
      help: "Deliveries that put requests stored in the broker.",
      labelNames: ["target_kind"] as const,
      registers,
    }),
    limitsExceeded: new Counter({
      name: "busbar_limits_exceeded_total",
      help: "Times that something from outside was turned away for a limit of this router.",
      labelNames: ["limit"] as const,
      registers,
    }),
  };
}

function deliveryMetrics(registry: Registry) {
  const registers = [registry];
  return {
    attempts: new Counter({
      name: "busbar_delivery_attempts_total",
      help: "Attempts to deliver, by outcome.",
      labelNames: ["destination", "outcome"] as const,
      registers,
    }),
    retries: new Counter({
      name: "busbar_delivery_retries_total",
      help: "Attempts after which another one was arranged, by why they failed.",
      labelNames: ["destination", "reason"] as const,
      registers,
    }),
    settled: new Counter({
      name: "busbar_deliveries_settled_total",
      help: "Attempts, by what was done about their outcome.",
      labelNames: ["destination", "verdict"] as const,
      registers,
    }),
    waitSeconds: new Histogram({
      name: "busbar_delivery_wait_seconds",
      help: "From an event's acceptance to a call of the destination, on every attempt.",
      labelNames: ["destination"] as const,
      buckets: WAIT_BUCKETS_SECONDS,
      registers,
    }),
    ingestToInvocationSeconds: new Histogram({
      name: "busbar_ingest_to_invocation_seconds",
      help: "From an event's acceptance to the first call for a delivery.",
      buckets: WAIT_BUCKETS_SECONDS,
      registers,
    }),
    ingestToSuccessSeconds: new Histogram({
      name: "busbar_ingest_to_success_seconds",
      help: "From an event's acceptance to the success of a delivery.",
      buckets: WAIT_BUCKETS_SECONDS,
      registers,
    }),
    deadLetters: new Counter({
      name: "busbar_dead_letters_total",
      help: "Messages stored in a dead-letter queue.",
      labelNames: ["queue", "reason"] as const,
      registers,
    }),
    records: new Counter({
      name: "busbar_destination_records_total",
      help: "Records sent to functions' onSuccess and onFailure destinations.",
      labelNames: ["function", "condition", "kind"] as const,
      registers,
    }),
    deadLettersRedriven: new Counter({
      name: "busbar_dead_letters_redriven_total",
      help: "Dead letters and parked messages that were redriven.",
      labelNames: ["to"] as const,
      registers,
    }),
    deadLettersPurged: new Counter({
      name: "busbar_dead_letters_purged_total",
      help: "Dead letters and parked messages that somebody had deleted.",
      registers,
    }),
    parked: new Counter({
      name: "busbar_parked_messages_total",
      help: "Messages put aside because they could not be read or survived.",
      labelNames: ["reason"] as const,
      registers,
    }),
    suspects: new Counter({
      name: "busbar_suspects_total",
      help: "Deliveries set aside to be tried alone, since a router died holding them.",
      labelNames: ["destination"] as const,
      registers,
    }),
    settlementDelays: new Counter({
      name: "busbar_settlement_delays_total",
      help: "Times that a verdict could not be stored and was held to be stored again.",
      labelNames: ["destination"] as const,
      registers,
    }),
    circuitOpen: new Gauge({
      name: "busbar_circuit_open",
      help: "Whether this router calls the destination no more for now, since its calls fail (1), or does (0).",
      labelNames: ["destination"] as const,
      registers,
    }),
    circuitOpenings: new Counter({
      name: "busbar_circuit_openings_total",
      help: "Times that the destination's circuit was opened, also once more after a call that tried it.",
      labelNames: ["destination"] as const,
      registers,
    }),
    moveDelays: new Counter({
      name: "busbar_move_delays_total",
      help: "Times that a message could not be moved to a queue yet.",
      labelNames: ["queue"] as const,
      registers,
    }),
  };
}

function functionMetrics(registry: Registry, inFlight: MetricsOptions["inFlight"]) {
  const registers = [registry];
  const invocationsInFlight = new Gauge({
    name: "busbar_function_invocations_in_flight",
    help: "Calls of the function that this router is waiting for.",
    labelNames: ["function"] as const,
    registers,
    collect: () => {
      invocationsInFlight.reset();
      for (const [name, count] of inFlight()) invocationsInFlight.set({ function: name }, count);
    },
  });
  return {
    invocationSeconds: new Histogram({
      name: "busbar_function_invocation_duration_seconds",
      help: "How long a call of the function took.",
      labelNames: ["function"] as const,
      buckets: INVOCATION_BUCKETS_SECONDS,
      registers,
    }),
    lateAnswers: new Counter({
      name: "busbar_late_answers_total",
      help: "Answers of the function that came after their attempt was settled.",
      labelNames: ["function"] as const,
      registers,
    }),
  };
}

function brokerMetrics(registry: Registry, queueDepths: MetricsOptions["queueDepths"]) {
  const registers = [registry];
  const queueMessagesReady = new Gauge({
    name: "busbar_queue_messages_ready",
    help: "Messages ready in a queue; every router tells the same.",
    labelNames: ["queue"] as const,
    registers,
    collect: async () => {
      const depths = await queueDepths();
      queueMessagesReady.reset();
      for (const [queue, ready] of depths) queueMessagesReady.set({ queue }, ready);
    },
  });
  return {
    brokerConnected: new Gauge({
      name: "busbar_broker_connected",
      help: "Whether this router is connected to the broker (1) or not (0).",
      registers,
    }),
    brokerBlocked: new Gauge({
      name: "busbar_broker_blocked",
      help: "Whether the broker takes no messages for now, for want of memory or disk (1), or does (0).",
      registers,
    }),
    brokerReconnects: new Counter({
      name: "busbar_broker_reconnects_total",
      help: "Connections to the broker made after the first.",
      registers,
    }),
    brokerFaults: new Counter({
      name: "busbar_broker_faults_total",
      help: "Times that something about the broker needed a person to mend it.",
      registers,
    }),
    confirmSeconds: new Histogram({
      name: "busbar_broker_publish_confirm_seconds",
      help: "From publishing to the broker's confirmation.",
      buckets: PUT_BUCKETS_SECONDS,
      registers,
    }),
    latenessSeconds: new Histogram({
      name: "busbar_delay_lateness_seconds",
      help: "How much after its time a delayed message was handed out.",
      buckets: LATENESS_BUCKETS_SECONDS,
      registers,
    }),
  };
}

function configMetrics(registry: Registry) {
  const registers = [registry];
  return {
    reloadSuccessful: new Gauge({
      name: "busbar_config_last_reload_successful",
      help: "Whether the last configuration read was taken over (1) or had problems (0).",
      registers,
    }),
    reloadTimestampSeconds: new Gauge({
      name: "busbar_config_last_reload_timestamp_seconds",
      help: "When a configuration was last taken over, in seconds since 1970.",
      registers,
    }),
  };
}
