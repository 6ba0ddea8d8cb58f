import { CONNECTION_STATES } from "../../../../domain/made/connection.ts";
import type { Made } from "../../../../domain/made/made.ts";
import type { MadeObserver } from "../../../../ports/made.ts";
import { CHANGE_OPERATIONS } from "../../../../ports/made.ts";
import type { Metrics } from "../../metrics/metrics.ts";

const UNUSABLE = "UNUSABLE";

/** Makes the metrics of what is made over the API. */
export function createMadeMetrics(metrics: Metrics): MadeObserver {
  return {
    changed: (operation, outcome) => metrics.madeChanges.inc({ operation, outcome }),
    conflicted: () => metrics.madeConflicts.inc(),
    tookOver: (revision) => metrics.madeRevision.set(revision),
  };
}

/** The errors that say something of the store or the router, not of the request. Others have a series once they occur. */
const OUTCOMES = ["done", "ServiceUnavailable", "ConcurrentModificationException", "InternalFailure"];

/** Starts the series at 0, so that the first failure is seen as one. */
export function startMadeSeries({ madeChanges }: Metrics): void {
  for (const operation of CHANGE_OPERATIONS) for (const outcome of OUTCOMES) madeChanges.inc({ operation, outcome }, 0);
}

/** How many connections are in each state. One that is authorized may be unusable all the same: this router cannot open its secrets. */
export function connectionStates(made: Made | undefined): ReadonlyMap<string, number> {
  const counts = new Map<string, number>([...CONNECTION_STATES, UNUSABLE].map((state) => [state, 0]));
  for (const { state, auth } of made?.connections.values() ?? []) {
    const shown = state === "AUTHORIZED" && auth.kind === "unusable" ? UNUSABLE : state;
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return counts;
}
