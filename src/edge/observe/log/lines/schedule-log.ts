import type { RouterObserver } from "../../../../ports/observer.ts";
import { deadLetterFields, listed, messageFields } from "../fields.ts";
import type { Logger } from "../logger.ts";

/** How much later than its time a firing is worth a line at `info`: a router was away. */
const LATE_MS = 10_000;

/** One line for each firing: at `debug`, at `info` where it was late, at `warn` where it ended in a dead letter. */
export function createScheduleLog(
  log: Logger,
): Pick<RouterObserver, "scheduleFired" | "scheduleDeadLettered" | "scheduleMissed"> {
  return {
    scheduleFired: ({ schedule, to, dueMs, fireAtMs = dueMs, firedAtMs, deliveryId, routed, deadLetters }) => {
      const lateMs = Math.max(0, firedAtMs - fireAtMs);
      const isFailed = deadLetters.length > 0;
      const level = isFailed ? "warn" : lateMs >= LATE_MS ? "info" : "debug";
      if (!log.isLevelEnabled(level)) return;
      const [met] = routed;
      const fields = {
        schedule,
        ...to,
        dueAt: new Date(dueMs).toISOString(),
        lateSeconds: lateMs / 1_000,
        deliveryId,
        eventId: met?.event?.id,
        ...listed("deadLetters", deadLetterFields(deadLetters)),
      };
      log[level](fields, isFailed ? "schedule fired, with dead letters" : "schedule fired");
    },
    scheduleDeadLettered: ({ schedule, queue, reason, ...message }) =>
      log.warn(
        { schedule, queue, reason, ...messageFields(message) },
        "schedule dead-lettered: its queue did not take it",
      ),
    scheduleMissed: ({ schedule, count, firstDueMs }) =>
      log.warn({ schedule, count, firstDueAt: new Date(firstDueMs).toISOString() }, "schedule missed its times"),
  };
}
