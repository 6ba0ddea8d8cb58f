import type { RoutersObserver } from "../../../../ports/admin/routers.ts";
import type { Metrics } from "../../metrics/metrics.ts";

/** Shows which routers this one knows of. */
export function createRoutersObserver(metrics: Metrics): RoutersObserver {
  metrics.statusesLost.inc(0);
  for (const state of ["live", "silent"]) metrics.routers.set({ state }, 0);
  return {
    routersKnown: (live, silent) => {
      metrics.routers.set({ state: "live" }, live);
      metrics.routers.set({ state: "silent" }, silent);
    },
    statusLost: () => metrics.statusesLost.inc(),
  };
}
