import type { KeptLinesOptions } from "../../journal/lines/kept-lines.ts";
import { LINE_LOSSES } from "../../journal/lines/kept-lines.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Counts which lines of functions are kept, and which are not. */
export function createLineCounts(metrics: Metrics): Pick<KeptLinesOptions, "onStored" | "onLost"> {
  for (const reason of LINE_LOSSES) metrics.logLinesLost.inc({ reason }, 0);
  return {
    onStored: (lines, bytes) => {
      metrics.logLines.inc(lines);
      metrics.logBytes.inc(bytes);
    },
    onLost: (reason, lines) => metrics.logLinesLost.inc({ reason }, lines),
  };
}
