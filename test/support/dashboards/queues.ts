import type { Dashboard } from "./panel.ts";
import { of, quantiles, rate } from "./panel.ts";

export const QUEUES: Dashboard = {
  uid: "busbar-queues",
  title: "Busbar / Queues",
  description: "Queues that are used over the SQS API: what is sent, received, deleted and comes back.",
  hasDestination: false,
  from: "now-6h",
  sections: [
    {
      title: "Messages",
      panels: [
        {
          title: "Sent",
          help: "Messages that were sent over the SQS API; what rules put into a queue is not among them.",
          unit: "ops",
          queries: [[rate("queue", "busbar_queue_messages_sent_total"), "{{queue}}"]],
          stacked: true,
        },
        {
          title: "Sent before",
          help: "Messages sent to FIFO queues that were not stored, since their ids had been sent in the last 5 minutes: senders that try again.",
          unit: "ops",
          queries: [[rate("queue", "busbar_queue_messages_deduplicated_total"), "{{queue}}"]],
        },
        {
          title: "Received and deleted",
          help: "Messages handed out and messages deleted: where fewer are deleted for long, consumers fail.",
          unit: "ops",
          queries: [
            [rate("queue", "busbar_queue_messages_received_total"), "{{queue}} received"],
            [rate("queue", "busbar_queue_messages_deleted_total"), "{{queue}} deleted"],
          ],
        },
        {
          title: "Visible again",
          help: "Messages that came back: time is a consumer that died or was too slow, caller one that gave back, connection a lost connection to RabbitMQ.",
          unit: "ops",
          queries: [[rate("queue, by", "busbar_queue_messages_returned_total"), "{{queue}} by {{by}}"]],
        },
        {
          title: "To dead-letter queues",
          help: "Messages that had been received as often as their queue allows.",
          unit: "ops",
          queries: [[rate("queue", "busbar_queue_messages_dead_lettered_total"), "from {{queue}}"]],
          thresholds: { steps: [[0.001, "red"]] },
        },
        {
          title: "Moved",
          help: "Messages that moves took out of a queue, such as a dead-letter queue, and put into another one.",
          unit: "ops",
          queries: [[rate("queue", "busbar_queue_messages_moved_total"), "from {{queue}}"]],
        },
        {
          title: "Age at the receive",
          help: "How long before its receive a message was sent, which grows where consumers fall behind.",
          unit: "s",
          queries: [
            [
              `histogram_quantile(0.99, ${rate("le, queue", "busbar_queue_message_age_seconds_bucket")})`,
              "{{queue}} p99",
            ],
            ...quantiles([0.5], "busbar_queue_message_age_seconds"),
          ],
        },
        {
          title: "In flight",
          help: "Messages that consumers have received and that are invisible, over all routers.",
          unit: "short",
          queries: [[`sum by (queue) (${of("busbar_queue_messages_in_flight")})`, "{{queue}}"]],
        },
        {
          title: "Visible",
          help: "Messages that wait to be received.",
          unit: "short",
          queries: [[`max by (queue) (${of("busbar_queue_messages_ready", 'queue!~"busbar[.].*"')})`, "{{queue}}"]],
        },
      ],
    },
    {
      title: "Requests",
      panels: [
        {
          title: "Empty receives",
          help: "Receives that were answered with nothing: many of them say that consumers do not wait, with WaitTimeSeconds.",
          unit: "ops",
          queries: [[rate("queue", "busbar_queue_empty_receives_total"), "{{queue}}"]],
        },
        {
          title: "Long polls that wait",
          help: "Receives that wait for a message; a router lets 10,000 wait.",
          unit: "short",
          queries: [[`sum by (queue) (${of("busbar_queue_polls_waiting")})`, "{{queue}}"]],
        },
        {
          title: "Refused",
          help: "Requests and entries of batches that were refused: OverLimit and RequestThrottled are a router's limits.",
          unit: "ops",
          queries: [[rate("queue, reason", "busbar_queue_refusals_total"), "{{queue}} {{reason}}"]],
        },
      ],
    },
    {
      title: "Event source mappings",
      panels: [
        {
          title: "Read",
          help: "Records that mappings read, and those that fit no filter.",
          unit: "ops",
          queries: [
            [rate("mapping", "busbar_mapping_records_read_total"), "{{mapping}}"],
            [rate("mapping", "busbar_mapping_records_filtered_total"), "{{mapping}} filtered"],
          ],
        },
        {
          title: "Batches",
          help: "Calls with batches by what came of them, records that failed and come again, and records of streams that were given up.",
          unit: "ops",
          queries: [
            [rate("mapping, outcome", "busbar_mapping_batches_total"), "{{mapping}} {{outcome}}"],
            [rate("mapping", "busbar_mapping_records_failed_total"), "{{mapping}} records failed"],
            [rate("mapping", "busbar_mapping_records_given_up_total"), "{{mapping}} records given up"],
          ],
        },
        {
          title: "Calls and lag",
          help: "Batches that functions are at work on, how long 99 of 100 take, and the age of a stream's oldest record that is not finished.",
          unit: "short",
          queries: [
            [`sum by (mapping) (${of("busbar_mapping_calls_in_flight")})`, "{{mapping}} in flight"],
            [
              `histogram_quantile(0.99, ${rate("le, mapping", "busbar_mapping_batch_duration_seconds_bucket")})`,
              "{{mapping}} p99, seconds",
            ],
            [`max by (mapping) (${of("busbar_mapping_iterator_age_seconds")})`, "{{mapping}} behind, seconds"],
          ],
        },
      ],
    },
  ],
};
