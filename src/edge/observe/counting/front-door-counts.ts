import type { FrontDoorObserver } from "../../../ports/front-door-observer.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { LabelValues } from "./label-values.ts";
import { known } from "./label-values.ts";

/** What a request is counted as whose caller was gone before its answer. */
const GONE = "gone";

/** Makes the metrics of requests that came in by HTTP routes and function URLs. */
export function createFrontDoorCounts(metrics: Metrics, names: () => LabelValues): FrontDoorObserver {
  return {
    doorAnswered: ({ door = "", status, startedAtMs, endedAtMs }) => {
      const route = known(door, names().doors);
      metrics.httpRequests.inc({ route, status: status === undefined ? GONE : String(status) });
      const value = Math.max(0, (endedAtMs - startedAtMs) / 1_000);
      metrics.httpRequestSeconds.observe({ route }, value);
    },
  };
}
