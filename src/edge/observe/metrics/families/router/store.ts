import type { Registry } from "prom-client";
import { Counter, Gauge, Histogram } from "prom-client";
import type { StoreConnections } from "../../../../../ports/store/store.ts";
import { PUT_BUCKETS_SECONDS } from "../../buckets.ts";

/** The connections of the store, when they are asked for. */
export interface StorePool {
  count: () => StoreConnections;
}

/** Of the store, as this router finds it. */
export function storeMetrics(registry: Registry) {
  const registers = [registry];
  const storePool: StorePool = { count: () => ({ used: 0, idle: 0, waiting: 0 }) };
  const connections = new Gauge({
    name: "busbar_store_connections",
    help: "Connections to PostgreSQL; none of an embedded store.",
    labelNames: ["state"] as const,
    registers,
    collect: () => {
      const { used, idle } = storePool.count();
      connections.set({ state: "used" }, used);
      connections.set({ state: "idle" }, idle);
    },
  });
  const waiting: Gauge = new Gauge({
    name: "busbar_store_connections_waiting",
    help: "Calls that wait for a connection to PostgreSQL.",
    registers,
    collect: () => waiting.set(storePool.count().waiting),
  });
  return {
    storePool,
    storeWaitSeconds: new Histogram({
      name: "busbar_store_connection_wait_seconds",
      help: "How long a call waited for a connection to PostgreSQL.",
      buckets: PUT_BUCKETS_SECONDS,
      registers,
    }),
    storeUnavailable: new Gauge({
      name: "busbar_store_unavailable",
      help: "Whether the store does not answer this router (1), or does or there is none (0).",
      registers,
    }),
    storeOutages: new Counter({
      name: "busbar_store_outages_total",
      help: "Times that the store stopped answering.",
      registers,
    }),
    storeSeconds: new Histogram({
      name: "busbar_store_operation_seconds",
      help: "From asking the store to its answer, refusals included.",
      labelNames: ["operation"],
      buckets: PUT_BUCKETS_SECONDS,
      registers,
    }),
    storeFailures: new Counter({
      name: "busbar_store_failures_total",
      help: "Calls of the store that it did not answer.",
      labelNames: ["operation", "reason"],
      registers,
    }),
  };
}
