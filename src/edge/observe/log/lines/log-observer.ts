import type { Observer, RouterObserver } from "../../../../ports/observer.ts";
import { limitLabel } from "../../counting/label-values.ts";
import { createDeliveryLog } from "./delivery-log.ts";
import { Episode } from "../episode.ts";
import { deadLetterFields, jobFields, listed } from "../fields.ts";
import type { Logger } from "../logger.ts";
import { createFrontDoorLog } from "./front-door-log.ts";
import { createInvokeLog } from "./invoke-log.ts";
import { createMappingLog } from "./mapping-log.ts";
import { createPutLog } from "./put-log.ts";
import { createScheduleLog } from "./schedule-log.ts";

/** How often a limit that is met again and again is logged. */
const LIMIT_REMINDER_MS = 60_000;

/**
 * Writes one line for each journey: a success at `debug`, a retry at `info`, an end in a dead letter at `warn`, and what
 * a person must mend at `error`.
 */
export function createLogObserver(log: Logger, nowMs: () => number): Observer {
  return {
    put: createPutLog(log, nowMs),
    requestRefused: () => undefined,
    ...createDeliveryLog(log, nowMs),
    ...createMappingLog(log, nowMs),
    ...createInvokeLog(log),
    ...createFrontDoorLog(log),
    limitExceeded: createLimitLog(log, nowMs),
    redriven: ({ queue, to, count, deadLetters }) => {
      log.info({ queue, to, count }, "dead letters redriven");
      if (deadLetters.length > 0)
        log.warn({ queue, to, ...listed("deadLetters", deadLetterFields(deadLetters)) }, "dead letters made again");
    },
    pauseChanged: (destination, pause) => {
      const { since, by, reason } = pause ?? {};
      log.info({ destination, since, by, reason }, `destination ${pause === undefined ? "resumed" : "paused"}`);
    },
    job: (fact) => log[fact.job.state === "failed" ? "error" : "info"](jobFields(fact), `job ${fact.what}`),
    deadLettersPurged: (queue, count) => log.info({ queue, count }, "dead letters purged"),
    reloaded: (facts) => {
      if (facts.ok) log.info({ rules: facts.rules, digest: facts.digest }, "configuration taken over");
      else log.error({ problems: facts.problems }, "configuration not taken over");
    },
    ...createScheduleLog(log),
    replayed: ({ replay, archive, bus, routed, deadLetters, leftOut }) => {
      log.debug({ replay, archive, bus, count: routed.length, leftOut }, "archived events replayed");
      if (deadLetters.length > 0)
        log.warn({ replay, ...listed("deadLetters", deadLetterFields(deadLetters)) }, "dead letters made by a replay");
    },
  };
}

/** One line a minute for each limit that is met: whoever runs into one does so often. */
function createLimitLog(log: Logger, nowMs: () => number): RouterObserver["limitExceeded"] {
  const met = new Episode({ remindMs: LIMIT_REMINDER_MS });
  return (name) => {
    if (met.failed(name, nowMs())) log.warn({ limit: limitLabel(name) }, "a limit was met");
  };
}
