import { outcomeName } from "../../../../domain/failure/outcome.ts";
import type { MappingObserver } from "../../../../ports/observer.ts";
import { Episode } from "../episode.ts";
import { errorCause } from "../error-fields.ts";
import type { Logger } from "../logger.ts";

/** One line for each batch: `warn` where records failed, and otherwise `debug`; and of streams that cannot be read. */
export function createMappingLog(log: Logger, nowMs: () => number): MappingObserver {
  return {
    mappingRead: () => undefined,
    mappingBatchStarted: () => undefined,
    mappingReading: createReadingLog(log, nowMs),
    mappingProgress: () => undefined,
    mappingGaveUp: (fact) => log.warn({ ...fact }, "records of a stream were given up"),
    mappingBatchEnded: ({ mapping, functionName, requestId, records }, fact) => {
      const batch = { mapping, function: functionName, requestId, records };
      if (fact === undefined)
        return log.warn(batch, "batch left to come again: its call or its settlement did not end");
      const { outcome, failed, startedAtMs, endedAtMs } = fact;
      const seconds = (endedAtMs - startedAtMs) / 1_000;
      const message = outcome.ok ? {} : { message: outcome.message };
      const fields = { ...batch, failed, outcome: outcomeName(outcome), ...message, seconds };
      if (failed > 0) log.warn(fields, "batch failed: its failed records come again");
      else if (log.isLevelEnabled("debug")) log.debug(fields, "batch succeeded");
    },
  };
}

/** A stream that cannot be read is tried each second: a line when that begins, for each further cause, and when it ends. */
function createReadingLog(log: Logger, nowMs: () => number): MappingObserver["mappingReading"] {
  const failing = new Map<string, Episode>();
  return ({ mapping, partition, state, error }) => {
    const key = `${mapping} ${partition}`;
    const episode = failing.get(key) ?? new Episode();
    if (state === "failed") {
      failing.set(key, episode);
      if (!episode.failed(errorCause(error), nowMs())) return;
      return log.error(
        { mapping, partition, error },
        "a mapping cannot read its stream: it is tried again each second",
      );
    }
    if (!failing.delete(key)) return;
    const { failures, seconds } = episode.succeeded(nowMs()) ?? {};
    const end =
      state === "over" ? "a mapping no longer tries to read its stream here" : "a mapping reads its stream again";
    log.info({ mapping, partition, failures, seconds }, end);
  };
}
