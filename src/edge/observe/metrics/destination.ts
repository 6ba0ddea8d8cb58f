import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";
import { askedGauge } from "./asked-gauge.ts";

/** Whether destinations are called now. `paused` says of each destination whether it is paused (1) or not (0). */
export function destinationMetrics(registry: Registry, paused: () => ReadonlyMap<string, number>) {
  const registers = [registry];
  askedGauge(registry, {
    name: "busbar_destination_paused",
    help: "Whether the destination is paused (1) or not (0); every router exposes the same.",
    label: "destination",
    ask: paused,
  });
  return {
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
