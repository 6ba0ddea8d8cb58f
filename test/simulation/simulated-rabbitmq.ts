import type { Depth } from "../../src/ports/inspector.ts";
import type { Message } from "../../src/domain/queue/message.ts";
import type { QueueDeclaration } from "../../src/domain/queue/declaration.ts";
import { UNDELIVERABLE_QUEUE } from "../../src/domain/queue/queues.ts";
import { queueArguments } from "../../src/edge/rabbitmq/topology/queue-arguments.ts";
import { OWN_QUEUES } from "../../src/edge/rabbitmq/topology/topology.ts";
import type { Scheduler } from "./scheduler.ts";

/** Told of what becomes of messages on the broker. */
export interface Witness {
  /** A queue was made. */
  declared(queue: string, given: Readonly<Record<string, unknown>>): void;
  /** A message was stored; `delayMs` when it was for later. */
  stored(message: Message, delayMs: number): void;
  /** It was handed out, not settled, and goes back. */
  returned(id: string): void;
  /** There may be one more copy of it than its publisher thinks. */
  doubted(id: string): void;
  /** An operator deleted the queue it was in. */
  destroyed(message: Message): void;
}

/** A message in a queue. */
export interface Stored {
  readonly message: Message;
  /** The routing key it was published with. */
  readonly route: string;
  /** What RabbitMQ says in `x-delivery-count`. */
  crashes: number;
}

/** One handing-out of a message. It ends when the broker learns that it is settled, or that nobody is left to do so. */
export interface HandOut {
  readonly stored: Stored;
  readonly subscription: Subscription;
  /** What it came by and has gone: with the connection, the broker has given it to somebody else since, or may. */
  orphanedBy: "connection" | "queue" | undefined;
}

export interface Subscription {
  readonly queue: string;
  readonly limit: number;
  /** Whether it takes one message for a poll and ends with that. */
  readonly polls: boolean;
  readonly arrive: (handOut: HandOut) => void;
  /** Told when the broker ends it, because its queue was deleted. */
  readonly cancelled: () => void;
  readonly unacked: Set<HandOut>;
  /** Takes nothing more, and still keeps its place where one is alone. */
  closing: boolean;
}

export type SubscriptionParts = Pick<Subscription, "queue" | "limit" | "polls" | "arrive" | "cancelled">;

interface Queue {
  readonly name: string;
  readonly deliveryLimit: number;
  readonly deadLetterQueue: string | undefined;
  readonly alone: boolean;
  readonly ready: Stored[];
  /** Those of cancelled subscriptions included. */
  readonly unacked: Set<HandOut>;
  /** In the order they came: the first is the active one where one is alone. */
  readonly subscriptions: Subscription[];
}

/** On 3.10 a nack counts as a delivery too, and what comes back goes to the tail; on 4.3 neither. */
export type Version = "3.10" | "4.3";

/**
 * What RabbitMQ does with messages, as far as it was measured on 3.10 and 4.3: delivery counts and limits, single active
 * consumers, prefetch, the delay ladder with its alternate exchange. Queues are made with Busbar's own arguments.
 */
export class SimulatedRabbitMq {
  readonly version: Version;
  readonly #scheduler: Scheduler;
  readonly #witness: Witness;
  readonly #queues = new Map<string, Queue>();
  /** Messages on the ladder. */
  #delayed = 0;
  /** Messages on their way to the broker. */
  onTheWire = 0;
  /** Whether the ladder hands a message over twice now and then, as it may when a node dies. */
  ladderRepeats = 0;
  /** Until then nothing is stored: an alarm, or a quorum that is lost. */
  stalledUntilMs = 0;
  /** Users' queues that take no more, by a maximum length of their own. */
  readonly full = new Set<string>();
  /** Whether publishers are told of it: they are of an alarm, and not of a lost quorum. */
  blocked = false;

  constructor(version: Version, scheduler: Scheduler, witness: Witness) {
    this.version = version;
    this.#scheduler = scheduler;
    this.#witness = witness;
    for (const queue of OWN_QUEUES) this.declare(queue);
  }

  declare(declaration: QueueDeclaration): void {
    if (this.#queues.has(declaration.name)) return;
    const given = queueArguments(declaration);
    this.#witness.declared(declaration.name, given);
    this.#queues.set(declaration.name, {
      name: declaration.name,
      deliveryLimit: Number(given["x-delivery-limit"]),
      deadLetterQueue: given["x-dead-letter-routing-key"] as string | undefined,
      alone: given["x-single-active-consumer"] === true,
      ready: [],
      unacked: new Set(),
      subscriptions: [],
    });
  }

  depth(name: string): Depth | undefined {
    const queue = this.#queues.get(name);
    return queue && { ready: queue.ready.length, consumers: queue.subscriptions.length };
  }

  /** Stores a message. Returns false when there is no such queue. */
  store(message: Message, route = message.queue): boolean {
    const queue = this.#queues.get(message.queue);
    if (queue === undefined) return false;
    this.#witness.stored(message, 0);
    queue.ready.push({ message, route, crashes: 0 });
    this.#dispatch(queue);
    return true;
  }

  /** Puts a message on the ladder: whole seconds, never early, somewhat late. */
  delay(message: Message, delayMs: number): void {
    const { chance } = this.#scheduler;
    this.#witness.stored(message, delayMs);
    const ladderMs = Math.ceil(delayMs / 1_000) * 1_000;
    const copies = chance.happens(this.ladderRepeats) ? 2 : 1;
    if (copies > 1) this.#witness.doubted(message.id);
    for (let copy = 0; copy < copies; copy++) {
      this.#delayed += 1;
      this.#scheduler.after(ladderMs + chance.between(0, 1_000), undefined, () => this.#handOver(message));
    }
  }

  /** Undefined when there is no such queue. */
  subscribe(parts: SubscriptionParts): Subscription | undefined {
    const queue = this.#queues.get(parts.queue);
    if (queue === undefined) return undefined;
    const subscription: Subscription = { ...parts, unacked: new Set(), closing: false };
    queue.subscriptions.push(subscription);
    this.#dispatch(queue);
    return subscription;
  }

  /** No more is handed out; what is unacked may still be settled. */
  cancel(subscription: Subscription): void {
    const queue = this.#queues.get(subscription.queue);
    const place = queue?.subscriptions.indexOf(subscription) ?? -1;
    if (queue === undefined || place < 0) return;
    queue.subscriptions.splice(place, 1);
    this.#dispatch(queue);
  }

  /** The connection has gone: what is unacked goes back, counted as a crash. */
  drop(subscription: Subscription): void {
    this.cancel(subscription);
    for (const handOut of [...subscription.unacked]) {
      handOut.orphanedBy = "connection";
      this.#giveBack(handOut, true);
    }
  }

  ack(handOut: HandOut): void {
    const queue = this.#end(handOut);
    if (queue !== undefined) this.#dispatch(queue);
  }

  nack(handOut: HandOut): void {
    this.#giveBack(handOut, this.version === "3.10");
  }

  /** As an operator does. What was in the queue is gone, and its consumers are told. */
  deleteQueue(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) return;
    this.#queues.delete(name);
    for (const { message } of queue.ready) this.#witness.destroyed(message);
    for (const handOut of queue.unacked) {
      handOut.orphanedBy = "queue";
      handOut.subscription.unacked.delete(handOut);
      this.#witness.destroyed(handOut.stored.message);
    }
    for (const subscription of queue.subscriptions) subscription.cancelled();
  }

  get queueNames(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Messages that wait or are unacked in the queues whose names pass, and on the ladder, with where they are. */
  unfinished(isOurs: (queue: string) => boolean): readonly string[] {
    const places = [...this.#queues.values()].flatMap((queue) => {
      const { name, ready, unacked } = queue;
      if (ready.length + unacked.size === 0 || !isOurs(name)) return [];
      return [`${name}: ${ready.length} ready, ${unacked.size} unacked`];
    });
    const moving = this.#delayed + this.onTheWire;
    return moving === 0 ? places : [...places, `${this.#delayed} on the ladder, ${this.onTheWire} on the wire`];
  }

  #handOver(message: Message): void {
    this.#delayed -= 1;
    const queue = this.#queues.get(message.queue);
    const route = "0.".repeat(17) + message.queue;
    // The exchange's alternate is there for what has no queue.
    const place = queue ?? this.#queues.get(UNDELIVERABLE_QUEUE);
    place?.ready.push({ message, route, crashes: 0 });
    this.#dispatch(place);
  }

  #giveBack(handOut: HandOut, counted: boolean): void {
    const { stored } = handOut;
    const queue = this.#end(handOut);
    if (queue === undefined) return;
    this.#witness.returned(stored.message.id);
    if (counted) stored.crashes += 1;
    if (stored.crashes > queue.deliveryLimit) this.#giveUp(queue, stored);
    else if (this.version === "3.10") queue.ready.push(stored);
    else queue.ready.unshift(stored);
    this.#dispatch(queue);
  }

  /** Undefined when it had ended before, with its queue at the latest. */
  #end(handOut: HandOut): Queue | undefined {
    if (!handOut.subscription.unacked.delete(handOut)) return undefined;
    const queue = this.#queues.get(handOut.subscription.queue);
    queue?.unacked.delete(handOut);
    return queue;
  }

  #giveUp({ deadLetterQueue }: Queue, { message, route }: Stored): void {
    if (deadLetterQueue !== undefined) this.store({ ...message, queue: deadLetterQueue }, route);
  }

  #dispatch(queue: Queue | undefined): void {
    while (queue !== undefined && queue.ready.length > 0) {
      const candidates = queue.alone ? queue.subscriptions.slice(0, 1) : queue.subscriptions;
      const free = candidates.filter((one) => !one.closing && one.unacked.size < one.limit);
      if (free.length === 0) return;
      const subscription = this.#scheduler.chance.pick(free);
      const stored = queue.ready.shift()!;
      const handOut: HandOut = { stored, subscription, orphanedBy: undefined };
      subscription.unacked.add(handOut);
      queue.unacked.add(handOut);
      subscription.arrive(handOut);
    }
  }
}
