import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";

/** Of what routers say of themselves to each other. */
export function routersMetrics(registry: Registry) {
  const registers = [registry];
  return {
    routers: new Gauge({
      name: "busbar_routers",
      help: "Routers at the broker that this router knows, itself among them.",
      labelNames: ["state"] as const,
      registers,
    }),
    statusesLost: new Counter({
      name: "busbar_router_statuses_lost_total",
      help: "Times that the broker did not take what this router says of itself.",
      registers,
    }),
  };
}
