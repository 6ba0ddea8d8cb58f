import type { Registry } from "prom-client";
import { Counter, Gauge, Histogram } from "prom-client";
import { askedGauge } from "../../asked-gauge.ts";
import { LATENESS_BUCKETS_SECONDS, PUT_BUCKETS_SECONDS } from "../../buckets.ts";

/** Of the broker and this router's connection to it. `queueDepths` says how many messages are ready in each queue. */
export function brokerMetrics(registry: Registry, queueDepths: () => Promise<ReadonlyMap<string, number>>) {
  const registers = [registry];
  askedGauge(registry, {
    name: "busbar_queue_messages_ready",
    help: "Messages ready in a queue; every router exposes the same.",
    label: "queue",
    ask: queueDepths,
  });
  return {
    brokerConnected: new Gauge({
      name: "busbar_broker_connected",
      help: "Whether this router is connected to the broker (1) or not (0).",
      registers,
    }),
    brokerBlocked: new Gauge({
      name: "busbar_broker_blocked",
      help: "Whether the broker takes no messages for now, for want of memory or disk (1), or does (0).",
      registers,
    }),
    brokerReconnects: new Counter({
      name: "busbar_broker_reconnects_total",
      help: "Connections to the broker made after the first.",
      registers,
    }),
    brokerFaults: new Counter({
      name: "busbar_broker_faults_total",
      help: "Times that something about the broker needed a person to mend it.",
      registers,
    }),
    confirmSeconds: new Histogram({
      name: "busbar_broker_publish_confirm_seconds",
      help: "From publishing to the broker's confirmation.",
      buckets: PUT_BUCKETS_SECONDS,
      registers,
    }),
    packing: new Gauge({
      name: "busbar_packing",
      help: "Whether deliveries of one put to one function are stored as a pack (1) or each by itself (0).",
      registers,
    }),
    packedDeliveries: new Counter({
      name: "busbar_packed_deliveries_total",
      help: "Deliveries that were stored in packs.",
      registers,
    }),
    archivePacking: new Gauge({
      name: "busbar_archive_packing",
      help: "Whether archived events of one put are stored as a pack (1) or each by itself (0).",
      registers,
    }),
    packedEvents: new Counter({
      name: "busbar_packed_archived_events_total",
      help: "Archived events that were stored in packs.",
      registers,
    }),
    latenessSeconds: new Histogram({
      name: "busbar_delay_lateness_seconds",
      help: "How much after its time a delayed message was handed out.",
      buckets: LATENESS_BUCKETS_SECONDS,
      registers,
    }),
  };
}
