import type { Registry } from "prom-client";
import { Gauge } from "prom-client";

/** Tells of every destination whether it is paused, as `paused` says at each scrape. */
export function createPauseGauge(registry: Registry, paused: () => ReadonlyMap<string, boolean>): void {
  const gauge = new Gauge({
    name: "busbar_destination_paused",
    help: "Whether the destination is paused (1) or not (0); every router tells the same.",
    labelNames: ["destination"] as const,
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const [destination, isPaused] of paused()) gauge.set({ destination }, isPaused ? 1 : 0);
    },
  });
}
