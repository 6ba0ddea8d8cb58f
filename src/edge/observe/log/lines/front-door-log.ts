import type { FrontDoorObserver } from "../../../../ports/front-door-observer.ts";
import { cutText } from "../../../../text/cut-text.ts";
import type { Logger } from "../logger.ts";

const PATH_BYTES_MAX = 256;

/** One line for each request by an HTTP route or a function's URL: `debug`, or `info` for a failure behind the door. */
export function createFrontDoorLog(log: Logger): FrontDoorObserver {
  return {
    doorAnswered: ({ door, functionName, startedAtMs, endedAtMs, status, path, ...request }) => {
      const level = status === undefined || status >= 500 ? "info" : "debug";
      if (!log.isLevelEnabled(level)) return;
      const seconds = (endedAtMs - startedAtMs) / 1_000;
      const shown = cutText(path, PATH_BYTES_MAX);
      log[level]({ route: door, function: functionName, ...request, path: shown, status, seconds }, "http request");
    },
  };
}
