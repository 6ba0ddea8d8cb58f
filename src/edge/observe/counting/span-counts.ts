import { Episode } from "../log/episode.ts";
import { errorCause } from "../log/error-fields.ts";
import type { Logger } from "../log/logger.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** What is to be known of the sending of spans. */
export interface SpanCounts {
  readonly onExported: (count: number) => void;
  /** @param error undefined where there was no room for them. */
  readonly onDropped: (count: number, error?: unknown) => void;
}

/** Counts spans that were sent and that were dropped. A trace backend that is away is logged as one episode. */
export function createSpanCounts({ traceSpans }: Metrics, log: Logger, nowMs: () => number): SpanCounts {
  const outage = new Episode();
  for (const outcome of ["exported", "dropped"]) traceSpans.inc({ outcome }, 0);
  return {
    onExported: (count) => {
      traceSpans.inc({ outcome: "exported" }, count);
      const ended = outage.succeeded(nowMs());
      if (ended !== undefined)
        log.info({ failures: ended.failures, seconds: ended.seconds }, "the trace backend takes spans again");
    },
    onDropped: (count, error) => {
      traceSpans.inc({ outcome: "dropped" }, count);
      if (error === undefined || !outage.failed(errorCause(error), nowMs())) return;
      log.warn({ error, dropped: count }, "the trace backend does not take spans: they are dropped");
    },
  };
}
