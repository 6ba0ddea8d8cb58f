import type { Registry } from "prom-client";
import { Counter } from "prom-client";

/** Of the lines that functions write. */
export function functionLogMetrics(registry: Registry) {
  const registers = [registry];
  return {
    logLines: new Counter({
      name: "busbar_function_log_lines_total",
      help: "Lines of functions that were kept, with those around their calls.",
      registers,
    }),
    logLinesLost: new Counter({
      name: "busbar_function_log_lines_lost_total",
      help: "Lines of functions that were not kept: too many of one call or of the router, or refused by the broker.",
      labelNames: ["reason"] as const,
      registers,
    }),
    logBytes: new Counter({
      name: "busbar_function_log_bytes_total",
      help: "Bytes that were written with the lines of functions.",
      registers,
    }),
  };
}
