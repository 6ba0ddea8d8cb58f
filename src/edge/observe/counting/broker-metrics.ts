import { createQueueMetrics } from "./queues/queue-metrics.ts";
import type { BrokerEvents } from "../../../ports/broker/broker.ts";
import { countDeadLetters, notNegative } from "./metrics-observer.ts";
import { known } from "./label-values.ts";
import type { LabelValues } from "./label-values.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Makes the broker's metrics from its events. */
export function createBrokerMetrics(metrics: Metrics, names: () => LabelValues): BrokerEvents {
  const { visibleAgain, receivedTooOften } = createQueueMetrics(metrics, names);
  let connectedBefore = false;
  return {
    connected: () => {
      metrics.brokerConnected.set(1);
      if (connectedBefore) metrics.brokerReconnects.inc();
      connectedBefore = true;
    },
    disconnected: () => {
      metrics.brokerConnected.set(0);
      // A block belongs to a connection, and ends with it.
      metrics.brokerBlocked.set(0);
    },
    blocked: () => metrics.brokerBlocked.set(1),
    unblocked: () => metrics.brokerBlocked.set(0),
    confirmed: (seconds) => metrics.confirmSeconds.observe(notNegative(seconds)),
    fault: () => metrics.brokerFaults.inc(),
    deadLettered: (fact) => countDeadLetters({ metrics, names }, [fact]),
    delayedBy: (seconds) => metrics.latenessSeconds.observe(notNegative(seconds)),
    refusedWhenDue: (queue) => metrics.moveDelays.inc({ queue: known(queue, names().queues) }),
    visibleAgain,
    receivedTooOften,
    packing: (kind, isOn) => {
      const packing = kind === "deliveries" ? metrics.packing : metrics.archivePacking;
      packing.set(isOn ? 1 : 0);
    },
    packed: (kind, members) => {
      const packed = kind === "deliveries" ? metrics.packedDeliveries : metrics.packedEvents;
      packed.inc(members);
    },
  };
}
