import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";
import { askedGauge } from "../../asked-gauge.ts";
import { WAIT_BUCKETS_SECONDS } from "../../buckets.ts";

/** What is asked for at each scrape, by queue. */
export interface ReceivedGauges {
  /** Messages that somebody has received and that are invisible. */
  readonly messagesInFlight: () => Promise<ReadonlyMap<string, number>>;
  readonly pollsWaiting: () => ReadonlyMap<string, number>;
}

/** Of queues that are used over the SQS API. */
export function queueMetrics(registry: Registry, { messagesInFlight, pollsWaiting }: ReceivedGauges) {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
    new Counter({ name, help, labelNames, registers });
  const gauge = { label: "queue" } as const;
  askedGauge(registry, {
    ...gauge,
    name: "busbar_queue_messages_in_flight",
    help: "Messages that somebody has received from this router, and that are invisible.",
    ask: messagesInFlight,
  });
  askedGauge(registry, {
    ...gauge,
    name: "busbar_queue_polls_waiting",
    help: "Long polls that wait at this router for a message.",
    ask: pollsWaiting,
  });
  return {
    messagesSent: counter("busbar_queue_messages_sent_total", "Messages that were sent over the API.", ["queue"]),
    messagesDeduplicated: counter(
      "busbar_queue_messages_deduplicated_total",
      "Messages sent to FIFO queues that were not stored, since their ids had been sent before.",
      ["queue"],
    ),
    messagesReceived: counter("busbar_queue_messages_received_total", "Messages that were received.", ["queue"]),
    messagesDeleted: counter("busbar_queue_messages_deleted_total", "Messages that were deleted.", ["queue"]),
    messagesReturned: counter(
      "busbar_queue_messages_returned_total",
      "Messages that were received and are visible again, by what made them so.",
      ["queue", "by"],
    ),
    messagesDeadLettered: counter(
      "busbar_queue_messages_dead_lettered_total",
      "Messages that moved to their queue's dead-letter queue, since they had been received too often.",
      ["queue"],
    ),
    messagesMoved: counter(
      "busbar_queue_messages_moved_total",
      "Messages that a move took from this queue into another one.",
      ["queue"],
    ),
    emptyReceives: counter("busbar_queue_empty_receives_total", "Receives that were answered with nothing.", ["queue"]),
    queueRefusals: counter(
      "busbar_queue_refusals_total",
      "Requests, and entries of batches, that were refused over the SQS API.",
      ["queue", "reason"],
    ),
    messageAgeSeconds: new Histogram({
      name: "busbar_queue_message_age_seconds",
      help: "How long before its receive a message was sent, at every receive.",
      labelNames: ["queue"] as const,
      buckets: WAIT_BUCKETS_SECONDS,
      registers,
    }),
  };
}
