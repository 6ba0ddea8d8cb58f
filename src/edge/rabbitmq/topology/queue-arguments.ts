import type { Parking, QueueDeclaration } from "../../../domain/queue/declaration.ts";

export const QUORUM = { "x-queue-type": "quorum", "x-queue-leader-locator": "balanced" } as const;

/** Without a limit, RabbitMQ 4 deletes a message after 20 returns. 3.10 loses it at once with a limit of -1 or 0. */
export const UNLIMITED_DELIVERIES = { "x-delivery-limit": 1_000_000 } as const;

/**
 * When the node dies that a consumer is connected to, and another node leads its queue, RabbitMQ 4.3 hands out what the
 * consumer held after 60 s, and with this argument after 2 s. 3.10 does so at once, and ignores the argument.
 */
const BACK_SOON = { "x-consumer-disconnected-timeout": 2_000 } as const;

/** Parks a message without losing it, not even when the broker crashes meanwhile. */
const parkingArguments = ({ crashesMax, queue }: Parking) => ({
  "x-delivery-limit": crashesMax,
  "x-dead-letter-exchange": "",
  "x-dead-letter-routing-key": queue,
  "x-dead-letter-strategy": "at-least-once",
  "x-overflow": "reject-publish",
});

/** The arguments to make a queue with. */
export function queueArguments(queue: QueueDeclaration): Record<string, unknown> {
  return queue.owner === "user" ? firstQueueArguments(queue) : { ...firstQueueArguments(queue), ...BACK_SOON };
}

/** The arguments that version 0.1.0 made our queues with. Queues of that version are used as they are. */
export function firstQueueArguments({ singleActiveConsumer, parking }: QueueDeclaration): Record<string, unknown> {
  return {
    ...QUORUM,
    ...(parking === undefined ? UNLIMITED_DELIVERIES : parkingArguments(parking)),
    ...(singleActiveConsumer ? { "x-single-active-consumer": true } : {}),
  };
}
