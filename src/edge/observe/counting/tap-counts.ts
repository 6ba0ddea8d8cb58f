import { TAP_LOSSES } from "../../../domain/tap/tap.ts";
import type { TapObserver } from "../../../ports/admin/tail.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Counts taps, and what they do not show. */
export function createTapCounts(metrics: Metrics, router: { taps: number }): TapObserver {
  metrics.taps.set(0);
  for (const reason of TAP_LOSSES) metrics.tapEventsLost.inc({ reason }, 0);
  return {
    taps: (count) => {
      metrics.taps.set(count);
      router.taps = count;
    },
    tapEventsLost: (reason, count) => metrics.tapEventsLost.inc({ reason }, count),
  };
}
