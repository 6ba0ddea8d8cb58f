import { callEndName } from "../../../../domain/invoke.ts";
import type { InvokeObserver } from "../../../../ports/observer.ts";
import type { Logger } from "../logger.ts";

/** One line for each call that a caller asked for: `debug` where it went well, else `info`, since the caller knows it too. */
export function createInvokeLog(log: Logger): InvokeObserver {
  return {
    invokeStarted: () => undefined,
    invokeEnded: () => undefined,
    invoked: ({ requestId, functionName, by, end, payload, startedAtMs, endedAtMs }) => {
      const isSuccess = typeof end !== "string" && end.ok;
      if (isSuccess && !log.isLevelEnabled("debug")) return;
      const message = typeof end === "string" || end.ok ? {} : { message: end.message };
      const seconds = (endedAtMs - startedAtMs) / 1_000;
      const called = { requestId, function: functionName, by, bytes: payload.length, outcome: callEndName(end) };
      const version = typeof end === "string" ? undefined : end.executedVersion;
      log[isSuccess ? "debug" : "info"]({ ...called, version, ...message, seconds }, "function invoked");
    },
    // Its attempts have lines of their own. One that was not stored was answered with an error.
    invokeQueued: ({ requestId, functionName, by, isStored, bytes }) => {
      const queued = { requestId, function: functionName, by, bytes };
      if (!isStored) log.info(queued, "event for a function not stored");
      else if (log.isLevelEnabled("debug")) log.debug(queued, "event for a function queued");
    },
  };
}
