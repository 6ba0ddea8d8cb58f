import type { BrokerEvents } from "../../../ports/broker.ts";
import { countDeadLetters, notNegative } from "./metrics-observer.ts";
import type { LabelValues } from "./label-values.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Makes the broker's metrics from its events. */
export function createBrokerMetrics(metrics: Metrics, names: () => LabelValues): BrokerEvents {
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
    packing: (isOn) => metrics.packing.set(isOn ? 1 : 0),
    packed: (members) => metrics.packedDeliveries.inc(members),
  };
}
