import { callEndName } from "../../../../domain/invoke.ts";
import type { InvokeObserver } from "../../../../ports/observer.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { InFlightCounts } from "./in-flight-counts.ts";
import type { LabelValues } from "../label-values.ts";
import { known } from "../label-values.ts";

interface InvokeCountsDeps {
  readonly metrics: Metrics;
  readonly names: () => LabelValues;
  /** Calls in flight by function. */
  readonly inFlight: InFlightCounts;
}

/** Makes the metrics of callers who call functions. Their calls are calls of the function too. */
export function createInvokeCounts({ metrics, names, inFlight }: InvokeCountsDeps): InvokeObserver {
  return {
    invokeStarted: (functionName) => inFlight.add(functionName, 1),
    invokeEnded: (functionName) => inFlight.add(functionName, -1),
    invoked: ({ functionName, end, startedAtMs, endedAtMs }) => {
      const labels = { function: known(functionName, names().functions) };
      metrics.invokes.inc({ ...labels, type: "RequestResponse", outcome: callEndName(end) });
      if (typeof end === "string") return;
      metrics.invocationSeconds.observe({ labels, value: Math.max(0, (endedAtMs - startedAtMs) / 1_000) });
    },
    invokeQueued: ({ functionName, isStored }) => {
      const labels = { function: known(functionName, names().functions), type: "Event" };
      metrics.invokes.inc({ ...labels, outcome: isStored ? "queued" : "not_stored" });
    },
  };
}
