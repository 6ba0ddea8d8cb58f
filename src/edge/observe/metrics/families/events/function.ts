import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";
import type { ExemplarLabel } from "../../../counting/exemplars.ts";
import { askedGauge } from "../../asked-gauge.ts";
import { BATCH_BUCKETS, INVOCATION_BUCKETS_SECONDS } from "../../buckets.ts";

/** Of functions with reserved concurrency, by name: what this router may use, and uses. */
export interface AskedPermits {
  lent(): ReadonlyMap<string, number>;
  used(): ReadonlyMap<string, number>;
}

/** Of functions. `inFlight` says how many calls of each this router is waiting for. */
export function functionMetrics(
  registry: Registry,
  inFlight: () => ReadonlyMap<string, number>,
  permits: AskedPermits,
) {
  const registers = [registry];
  askedGauge(registry, {
    name: "busbar_function_invocations_in_flight",
    help: "Calls of the function that this router is waiting for.",
    label: "function",
    ask: inFlight,
  });
  askedGauge(registry, {
    name: "busbar_function_permits_lent",
    help: "Calls at once that this router may make of a function with reserved concurrency.",
    label: "function",
    ask: () => permits.lent(),
  });
  askedGauge(registry, {
    name: "busbar_function_permits_used",
    help: "Of the permits that this router has been lent, those that calls in flight have.",
    label: "function",
    ask: () => permits.used(),
  });
  return {
    invocationSeconds: new Histogram<"function" | ExemplarLabel>({
      name: "busbar_function_invocation_duration_seconds",
      help: "How long a call of the function took.",
      labelNames: ["function"],
      buckets: INVOCATION_BUCKETS_SECONDS,
      registers,
      enableExemplars: true,
    }),
    batchEvents: new Histogram({
      name: "busbar_function_batch_events",
      help: "Events of the batches that the function was called with, by why each was called: full, window, room or alone.",
      labelNames: ["function", "end"] as const,
      buckets: BATCH_BUCKETS,
      registers,
    }),
    initSeconds: new Histogram({
      name: "busbar_function_init_duration_seconds",
      help: "How long a local process of the function took until it asked for its first invocation.",
      labelNames: ["function"] as const,
      buckets: INVOCATION_BUCKETS_SECONDS,
      registers,
    }),
    initFailures: new Counter({
      name: "busbar_function_init_failures_total",
      help: "Local processes of the function that could not start.",
      labelNames: ["function"] as const,
      registers,
    }),
    lateAnswers: new Counter({
      name: "busbar_late_answers_total",
      help: "Answers of the function that came after their attempt was settled.",
      labelNames: ["function"] as const,
      registers,
    }),
    functionTests: new Counter({
      name: "busbar_function_tests_total",
      help: "Tests of the function by people, which no metric of deliveries counts.",
      labelNames: ["function", "outcome"] as const,
      registers,
    }),
    invokes: new Counter({
      name: "busbar_function_invokes_total",
      help: "Calls of the function that callers asked for with Invoke, by type and by what became of them.",
      labelNames: ["function", "type", "outcome"] as const,
      registers,
    }),
    versionCalls: new Counter({
      name: "busbar_function_version_calls_total",
      help: "Calls of each version of a function that has versions, by what became of them.",
      labelNames: ["function", "version", "outcome"] as const,
      registers,
    }),
    records: new Counter({
      name: "busbar_destination_records_total",
      help: "Records sent to functions' onSuccess and onFailure destinations.",
      labelNames: ["function", "condition", "kind"] as const,
      registers,
    }),
  };
}
