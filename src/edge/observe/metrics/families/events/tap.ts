import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";

/** Of live tails. */
export function tapMetrics(registry: Registry) {
  const registers = [registry];
  return {
    taps: new Gauge({
      name: "busbar_taps",
      help: "Live tails that this router shows its events to, whichever router they were asked for at.",
      registers,
    }),
    tapEventsLost: new Counter({
      name: "busbar_tap_events_lost_total",
      help: "Events that a live tail does not show, by reason.",
      labelNames: ["reason"] as const,
      registers,
    }),
  };
}
