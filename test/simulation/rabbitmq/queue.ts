import type { Message } from "../../../src/domain/queue/message.ts";
import type { Scheduler } from "../scheduler.ts";

/** A message in a queue. */
export interface Stored {
  readonly message: Message;
  /** The routing key it was published with. */
  readonly route: string;
  /** In the order in which they came. */
  readonly place: number;
  /** What RabbitMQ says in `x-delivery-count`. */
  crashes: number;
  /** What RabbitMQ 4.3 says in `x-acquired-count`: how often it was handed out and came back. */
  returns: number;
  redelivered: boolean;
}

/** One handing-out of a message. It ends when the broker learns that it is settled, or that nobody is left to do so. */
export interface HandOut {
  readonly stored: Stored;
  readonly queue: Queue;
  /** Undefined for a message that was got one by one. */
  readonly subscription: Subscription | undefined;
  readonly atMs: number;
  /**
   * What it came by and has gone: the broker has given it to somebody else since, or may. A channel that the broker
   * closes is a lost connection as soon as the router knows.
   */
  orphanedBy: "connection" | "channel" | "queue" | undefined;
}

export interface Subscription {
  readonly queue: string;
  /** The prefetch; 0 for none. */
  readonly limit: number;
  readonly deliver: (handOut: HandOut) => void;
  /** Called when the broker ends it, because its queue was deleted. */
  readonly cancelled: () => void;
  readonly unacked: Set<HandOut>;
}

export interface Queue {
  readonly name: string;
  readonly deliveryLimit: number;
  readonly deadLetterQueue: string | undefined;
  readonly singleActiveConsumer: boolean;
  /** Whether the delay ladder has a binding for it. */
  isOnLadder: boolean;
  readonly ready: Stored[];
  /** Those of cancelled subscriptions included. */
  readonly unacked: Set<HandOut>;
  /** In the order they came: the first is the single active one. */
  readonly subscriptions: Subscription[];
}

export function newQueue(name: string, given: Readonly<Record<string, unknown>>): Queue {
  return {
    name,
    deliveryLimit: Number(given["x-delivery-limit"]),
    deadLetterQueue: given["x-dead-letter-routing-key"] as string | undefined,
    singleActiveConsumer: given["x-single-active-consumer"] === true,
    isOnLadder: false,
    ready: [],
    unacked: new Set(),
    subscriptions: [],
  };
}

/** Hands out what is ready to whoever has room for it. */
export function dispatch(queue: Queue, { chance, nowMs }: Scheduler): void {
  while (queue.ready.length > 0) {
    const candidates = queue.singleActiveConsumer ? queue.subscriptions.slice(0, 1) : queue.subscriptions;
    const free = candidates.filter(({ limit, unacked }) => limit === 0 || unacked.size < limit);
    if (free.length === 0) return;
    const subscription = chance.pick(free);
    const stored = queue.ready.shift()!;
    const handOut: HandOut = { stored, queue, subscription, atMs: nowMs, orphanedBy: undefined };
    subscription.unacked.add(handOut);
    queue.unacked.add(handOut);
    subscription.deliver(handOut);
  }
}
