import type { QueueDeclaration } from "../../domain/queue/declaration.ts";
import {
  DEAD_LETTER_QUEUE,
  declarationOf,
  PARKED_QUEUE,
  SUSPECT_QUEUE,
  UNDELIVERABLE_QUEUE,
} from "../../domain/queue/queues.ts";

export const QUORUM = { "x-queue-type": "quorum", "x-queue-leader-locator": "balanced" } as const;

/** A quorum queue that says nothing deletes a message after 20 returns on RabbitMQ 4; -1 and 0 lose it at once on 3.10. */
export const UNLIMITED_DELIVERIES = { "x-delivery-limit": 1_000_000 } as const;

/**
 * A node that a consumer is connected to dies, and its queue is led by another one: RabbitMQ 4.3 hands out what the
 * consumer held after 60 s, and with this after 2 s. 3.10 does so at once, and ignores the argument.
 */
const BACK_SOON = { "x-consumer-disconnected-timeout": 2_000 } as const;

/** After that many crashes a message goes to `busbar.parked`, and not even a crash of the broker loses it on the way. */
const parkedAfter = (deliveries: number) => ({
  "x-delivery-limit": deliveries,
  "x-dead-letter-exchange": "",
  "x-dead-letter-routing-key": PARKED_QUEUE,
  "x-dead-letter-strategy": "at-least-once",
  "x-overflow": "reject-publish",
});

const DELIVERIES_MAX = 20;
/** A suspect is handled alone, so the second crash is its own doing. */
const SUSPECT_DELIVERIES_MAX = 2;

/** What Busbar needs whatever its configuration. */
export const SYSTEM_QUEUES: readonly QueueDeclaration[] = [
  PARKED_QUEUE,
  DEAD_LETTER_QUEUE,
  SUSPECT_QUEUE,
  UNDELIVERABLE_QUEUE,
].map(declarationOf);

/** The arguments of a queue. They never depend on configuration, since those of an existing queue cannot be changed. */
export function queueArguments(queue: QueueDeclaration): Record<string, unknown> {
  return queue.owner === "user" ? firstQueueArguments(queue) : { ...firstQueueArguments(queue), ...BACK_SOON };
}

/** The arguments that version 0.1.0 made queues of ours with: those that it made are used as they are. */
export function firstQueueArguments({
  name,
  owner,
  singleActiveConsumer = false,
}: QueueDeclaration): Record<string, unknown> {
  const looked = owner === "user" || name === PARKED_QUEUE || name === DEAD_LETTER_QUEUE;
  const limit = name === SUSPECT_QUEUE ? SUSPECT_DELIVERIES_MAX : DELIVERIES_MAX;
  return {
    ...QUORUM,
    ...(looked ? UNLIMITED_DELIVERIES : parkedAfter(limit)),
    ...(singleActiveConsumer ? { "x-single-active-consumer": true } : {}),
  };
}
