import type { StoreEvents } from "../../../../ports/store/store.ts";
import { Episode } from "../episode.ts";
import { errorCause } from "../error-fields.ts";
import type { Logger } from "../logger.ts";

/** How often an outage that goes on is logged again. */
const REMIND_MS = 600_000;

/** Logs when the store stops answering, why, and when it answers again. */
export function createStoreLog(log: Logger, nowMs: () => number): StoreEvents {
  const outage = new Episode({ remindMs: REMIND_MS });
  return {
    available: () => {
      const ended = outage.succeeded(nowMs());
      log.info(ended === undefined ? {} : { seconds: ended.seconds }, "the store is available");
    },
    unavailable: (error) => {
      if (!outage.failed(errorCause(error), nowMs())) return;
      // What passes by itself needs nobody; a password, a right and a disk do.
      const level = error.reason === "refused" || error.reason === "full" ? "error" : "warn";
      log[level]({ reason: error.reason, error }, "the store is not available");
    },
    operated: () => undefined,
    pooled: () => undefined,
    waited: () => undefined,
  };
}
