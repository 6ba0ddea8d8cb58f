import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";
import type { ExemplarLabel } from "../../../counting/exemplars.ts";
import { WAIT_BUCKETS_SECONDS } from "../../buckets.ts";

/** Of deliveries on their way, attempt by attempt. */
export function deliveryMetrics(registry: Registry) {
  const registers = [registry];
  return {
    attempts: new Counter<"destination" | "outcome" | ExemplarLabel>({
      name: "busbar_delivery_attempts_total",
      help: "Attempts to deliver, by outcome.",
      labelNames: ["destination", "outcome"],
      registers,
      enableExemplars: true,
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
    ingestToInvocationSeconds: new Histogram<ExemplarLabel>({
      name: "busbar_ingest_to_invocation_seconds",
      help: "From an event's acceptance to the first call for a delivery.",
      buckets: WAIT_BUCKETS_SECONDS,
      registers,
      enableExemplars: true,
    }),
    ingestToSuccessSeconds: new Histogram({
      name: "busbar_ingest_to_success_seconds",
      help: "From an event's acceptance to the success of a delivery.",
      buckets: WAIT_BUCKETS_SECONDS,
      registers,
    }),
    suspects: new Counter({
      name: "busbar_suspects_total",
      help: "Deliveries set aside to be tried one at a time, since a router died holding them.",
      labelNames: ["destination"] as const,
      registers,
    }),
    settlementDelays: new Counter({
      name: "busbar_settlement_delays_total",
      help: "Times that a verdict could not be stored and was held to be stored again.",
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
