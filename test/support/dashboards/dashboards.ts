import { BROKER_AND_ROUTERS } from "./broker.ts";
import { DESTINATION_RED } from "./destination.ts";
import { grafanaDashboard } from "./grafana.ts";
import { OVERVIEW } from "./overview.ts";
import { QUEUES } from "./queues.ts";
import { SLO } from "./slo.ts";

/** Where the dashboards are written. */
export const DASHBOARDS_FOLDER = "k8s/monitoring/dashboards";

export const DASHBOARDS = [OVERVIEW, DESTINATION_RED, BROKER_AND_ROUTERS, QUEUES, SLO];

/** The files of all dashboards, by name. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    DASHBOARDS.map((dashboard) => [
      `${dashboard.uid}.json`,
      `${JSON.stringify(grafanaDashboard(dashboard), null, 2)}\n`,
    ]),
  );
}
