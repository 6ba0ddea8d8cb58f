import { outcomeName } from "../../../../domain/failure/outcome.ts";
import type { MappingObserver } from "../../../../ports/observer.ts";
import type { Logger } from "../logger.ts";

/** One line for each batch: `warn` where records failed, and otherwise `debug`. */
export function createMappingLog(log: Logger): MappingObserver {
  return {
    mappingRead: () => undefined,
    mappingBatchStarted: () => undefined,
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
