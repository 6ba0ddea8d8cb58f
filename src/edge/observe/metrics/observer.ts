import type { Registry } from "prom-client";
import { Counter } from "prom-client";

/** Of the metrics and the log themselves. */
export function observerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    observerFaults: new Counter({
      name: "busbar_observer_faults_total",
      help: "Times that a fact could not be counted or logged.",
      registers,
    }),
  };
}
