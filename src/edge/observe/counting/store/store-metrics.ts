import type { StoreErrorReason, StoreEvents, StoreOperation } from "../../../../ports/store/store.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { notNegative } from "../metrics-observer.ts";

/** Makes the store's metrics from its events. */
export function createStoreMetrics(metrics: Metrics): StoreEvents {
  let wasAvailable = false;
  return {
    available: () => {
      wasAvailable = true;
      metrics.storeUnavailable.set(0);
    },
    unavailable: () => {
      if (wasAvailable) metrics.storeOutages.inc();
      wasAvailable = false;
      metrics.storeUnavailable.set(1);
    },
    operated: (operation, seconds, reason) => {
      metrics.storeSeconds.observe({ operation }, notNegative(seconds));
      if (reason !== undefined) metrics.storeFailures.inc({ operation, reason });
    },
    pooled: (count) => {
      metrics.storePool.count = count;
    },
    waited: (seconds) => metrics.storeWaitSeconds.observe(notNegative(seconds)),
  };
}

// Records rather than lists: the compiler then reports a closed set that has grown.
const OPERATIONS: Readonly<Record<StoreOperation, 0>> = {
  get: 0,
  scan: 0,
  commit: 0,
  revision: 0,
  changedAfter: 0,
  acquire: 0,
  release: 0,
  claimDue: 0,
  nextDueInMs: 0,
};
const REASONS: Readonly<Record<StoreErrorReason, 0>> = { unavailable: 0, unknown: 0, full: 0, refused: 0 };

/** Starts every series at 0, so that the first failure is seen as one. */
export function startStoreSeries({ storeSeconds, storeFailures }: Metrics): void {
  for (const operation of Object.keys(OPERATIONS)) {
    storeSeconds.zero({ operation });
    for (const reason of Object.keys(REASONS)) storeFailures.inc({ operation, reason }, 0);
  }
}
