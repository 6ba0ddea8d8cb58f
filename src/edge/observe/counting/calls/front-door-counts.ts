import type { FrontDoorObserver } from "../../../../ports/front-door-observer.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { LabelValues } from "../label-values.ts";
import { known } from "../label-values.ts";

/** What a request may be counted as: its status by its first digit, or that its caller was gone before the answer. */
export const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx", "gone"] as const;

/** Makes the metrics of requests that came in by HTTP routes and function URLs. */
export function createFrontDoorCounts(metrics: Metrics, names: () => LabelValues): FrontDoorObserver {
  return {
    doorAnswered: ({ door = "", status, startedAtMs, endedAtMs }) => {
      const route = known(door, names().doors);
      metrics.httpRequests.inc({ route, status: statusClass(status) });
      const value = Math.max(0, (endedAtMs - startedAtMs) / 1_000);
      metrics.httpRequestSeconds.observe({ route }, value);
    },
  };
}

function statusClass(status: number | undefined): (typeof STATUS_CLASSES)[number] {
  if (status === undefined) return "gone";
  if (status < 300) return "2xx";
  if (status < 400) return "3xx";
  return status < 500 ? "4xx" : "5xx";
}
