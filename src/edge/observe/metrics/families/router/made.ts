import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";
import { askedGauge } from "../../asked-gauge.ts";

export interface MadeGauges {
  /** Asked at each scrape: how many connections there are, by state. */
  readonly connections: () => ReadonlyMap<string, number>;
}

/** Of what is made over the API. */
export function madeMetrics(registry: Registry, { connections }: MadeGauges) {
  const registers = [registry];
  askedGauge(registry, {
    name: "busbar_connections",
    help: "Connections that were made over the EventBridge API, by state; every router exposes the same.",
    label: "state",
    ask: connections,
  });
  return {
    madeChanges: new Counter({
      name: "busbar_made_changes_total",
      help: "Operations that change what is made over the EventBridge API.",
      labelNames: ["operation", "outcome"] as const,
      registers,
    }),
    madeConflicts: new Counter({
      name: "busbar_made_conflicts_total",
      help: "Times that a change was decided anew, since another one came in between.",
      registers,
    }),
    madeRevision: new Gauge({
      name: "busbar_made_revision",
      help: "The store's revision of which this router has everything in force; 0 without a store.",
      registers,
    }),
    madeLeftOut: new Gauge({
      name: "busbar_made_left_out",
      help: "What was made over AWS's APIs and is not in force.",
      registers,
    }),
  };
}
