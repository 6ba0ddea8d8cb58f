import { Episode } from "./log/episode.ts";
import { errorCause } from "./log/error-fields.ts";
import type { OnFault } from "./guarded.ts";
import type { Logger } from "./log/logger.ts";
import type { Metrics } from "./metrics/metrics.ts";

/** A fault of this kind may come with every event. */
const FAULT_REMIND_MS = 600_000;

/** Counts facts that could not be counted or logged, and logs each cause of it every ten minutes. Never throws. */
export function createObserverFaults(metrics: Metrics, log: Logger, nowMs: () => number): OnFault {
  const faults = new Episode({ remindMs: FAULT_REMIND_MS });
  return (fact, error) => {
    try {
      metrics.observerFaults.inc();
      if (faults.failed(`${fact} ${errorCause(error)}`, nowMs()))
        log.error({ fact, error }, "a fact could not be counted or logged");
    } catch {
      // It was counted, and there is nowhere left to log it.
    }
  };
}
