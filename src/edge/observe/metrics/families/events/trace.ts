import type { Registry } from "prom-client";
import { Counter } from "prom-client";

/** Of the traces that this router sends. */
export function traceMetrics(registry: Registry) {
  const registers = [registry];
  return {
    traceSpans: new Counter({
      name: "busbar_trace_spans_total",
      help: "Spans by what became of them: taken by the trace backend, or dropped, since it was away or slow.",
      labelNames: ["outcome"] as const,
      registers,
    }),
  };
}
