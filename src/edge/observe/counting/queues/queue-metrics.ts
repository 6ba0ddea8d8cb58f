import type { BrokerEvents } from "../../../../ports/broker/broker.ts";
import type { QueueObserver } from "../../../../ports/queue-observer.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { LabelValues } from "../label-values.ts";
import { known, UNKNOWN } from "../label-values.ts";
import { notNegative } from "../metrics-observer.ts";

/** What made a message visible again: its time, the lost connection of RabbitMQ, or the caller who had it. */
export const RETURNED_BY = ["time", "connection", "caller"] as const;

/** Refusals that say something of the router, not of the request. Others have a series once they occur. */
export const ROUTER_REFUSALS = ["RequestThrottled", "OverLimit", "ServiceUnavailable", "InternalError"] as const;

type Counted = QueueObserver & Pick<BrokerEvents, "visibleAgain" | "receivedTooOften">;

/** Makes the metrics of queues that are used over the SQS API. */
export function createQueueMetrics(metrics: Metrics, names: () => LabelValues): Counted {
  const labelOf = (queue: string): string => known(queue, names().messageQueues);
  return {
    sent: (queue, count) => metrics.messagesSent.inc({ queue: labelOf(queue) }, count),
    duplicated: (queue, count) => metrics.messagesDeduplicated.inc({ queue: labelOf(queue) }, count),
    received: (name, ageSeconds) => {
      const labels = { queue: labelOf(name) };
      if (ageSeconds.length === 0) metrics.emptyReceives.inc(labels);
      metrics.messagesReceived.inc(labels, ageSeconds.length);
      for (const age of ageSeconds) metrics.messageAgeSeconds.observe(labels, notNegative(age));
    },
    deleted: (queue, count) => metrics.messagesDeleted.inc({ queue: labelOf(queue) }, count),
    givenBack: (queue, count) => metrics.messagesReturned.inc({ queue: labelOf(queue), by: "caller" }, count),
    moved: (queue, count) => metrics.messagesMoved.inc({ queue: labelOf(queue) }, count),
    refused: (queue, reason) => metrics.queueRefusals.inc({ queue: labelOf(queue), reason }),
    visibleAgain: (queue, count, by) => metrics.messagesReturned.inc({ queue: labelOf(queue), by }, count),
    receivedTooOften: ({ queue }) => metrics.messagesDeadLettered.inc({ queue: labelOf(queue) }),
  };
}

/** The series of a configuration's queues, for those whose names nobody knows too. */
export function queueLabels({ messageQueues }: LabelValues): readonly { readonly queue: string }[] {
  return [...messageQueues, UNKNOWN].map((queue) => ({ queue }));
}
