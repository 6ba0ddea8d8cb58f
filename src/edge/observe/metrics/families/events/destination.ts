import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";
import { askedGauge } from "../../asked-gauge.ts";

export interface DestinationGauges {
  /** Asked at each scrape: 1 for a destination that is paused, 0 for any other. */
  readonly paused: () => ReadonlyMap<string, number>;
  /** Asked at each scrape: for how many seconds the oldest delivery has waited, by destination. */
  readonly oldestWaits: () => Promise<ReadonlyMap<string, number>>;
}

/** Whether destinations are called now, and what waits for them. */
export function destinationMetrics(registry: Registry, { paused, oldestWaits }: DestinationGauges) {
  const registers = [registry];
  askedGauge(registry, {
    name: "busbar_destination_oldest_wait_seconds",
    help: "How long the oldest delivery has waited that is ready for the destination; 0 when none is.",
    label: "destination",
    ask: oldestWaits,
  });
  askedGauge(registry, {
    name: "busbar_destination_paused",
    help: "Whether the destination is paused (1) or not (0); every router exposes the same.",
    label: "destination",
    ask: paused,
  });
  return {
    tokenRequests: new Counter({
      name: "busbar_access_token_requests_total",
      help: "Requests of this router for access tokens of API destinations with OAuth, by outcome.",
      labelNames: ["destination", "outcome"] as const,
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
  };
}
