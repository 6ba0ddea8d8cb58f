import type { Message, Received } from "../../../src/domain/queue/message.ts";
import type { Scheduler } from "../scheduler.ts";
import { Fanout } from "./fanout.ts";
import { ladderRoute } from "./ladder.ts";
import type { HandOut, Queue, Stored, Subscription } from "./queue.ts";
import { dispatch, newQueue } from "./queue.ts";
import { Stream } from "./stream.ts";

/** Notified of what becomes of queues and messages on the broker. */
export interface Witness {
  /** A queue was made. */
  declared(queue: string, given: Readonly<Record<string, unknown>>): void;
  /** A message was stored; `delayMs` when it was for later. */
  stored(message: Message, delayMs: number): void;
  /** A record was appended to a stream. */
  logged(stream: string, body: Buffer): void;
  /** It is handed out to a subscription. */
  handedOut?(handOut: HandOut): void;
  /** It is acked, while the subscription that it came by goes on. */
  acked(handOut: HandOut): void;
  /** It is acked, and no more in its queue. */
  removed(handOut: HandOut): void;
  /** It was handed out, not settled, and goes back. */
  returned(handOut: HandOut): void;
  /** There may be one more copy of it than its publisher thinks. */
  doubted(message: Message): void;
  /** An operator deleted the queue it was in. */
  destroyed(message: Message): void;
}

/** On 3.10 a nack counts as a delivery too, and what comes back goes to the tail; on 4.3 neither. */
export type Version = "3.10" | "4.3";

/** How likely it is that the broker spoils one publish. */
export interface PublishFaults {
  /** Stored, and never confirmed. */
  confirmLost: number;
  /** Stored after the publisher gave up. */
  storedLate: number;
  /** Nacked. */
  refused: number;
}

/** A message as it is published. */
export interface Published {
  readonly exchange: string;
  readonly routingKey: string;
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Message["headers"];
}

const UNDELIVERABLE = "busbar.undeliverable";
/** The binding that lets the delay ladder hand over to a queue. */
const LADDER_EXCHANGE = "busbar.delay.deliver";
const LEVELS = 17;

/**
 * What RabbitMQ does with messages, as far as it was measured on 3.10 and 4.3: delivery counts and limits, single active
 * consumers, prefetch, streams, exclusive queues, and the delay ladder with its alternate exchange. The ladder is one
 * step instead of 17 queues; that these are made as documented is the oracle's to see.
 */
export class SimulatedRabbitMq {
  readonly version: Version;
  readonly scheduler: Scheduler;
  readonly witness: Witness;
  readonly faults: PublishFaults = { confirmLost: 0, storedLate: 0, refused: 0 };
  readonly fanout = new Fanout();
  /** By headers, which the driver passes on as they are; of a pack by the memory of its body, which its members share. */
  readonly handOuts = new WeakMap<object, HandOut>();
  readonly #queues = new Map<string, Queue>();
  readonly #streams = new Map<string, Stream>();
  readonly #alarmListeners = new Set<(alarmed: boolean) => void>();
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
  #alarmed = false;
  #places = 0;
  /** Queues that hand out what is ready when the present moment is over. */
  #waiting: Set<Queue> | undefined;

  constructor(version: Version, scheduler: Scheduler, witness: Witness) {
    this.version = version;
    this.scheduler = scheduler;
    this.witness = witness;
  }

  /** The handing-out that a received message belongs to. */
  handOutOf({ headers, body }: Received): HandOut {
    const handOut = this.handOuts.get(headers) ?? this.handOuts.get(body.buffer);
    if (handOut === undefined) throw new Error("a message that the broker did not hand out");
    return handOut;
  }

  /** Whether the broker is short of memory or disk: it reads nothing more from connections that publish. */
  get alarmed(): boolean {
    return this.#alarmed;
  }

  setAlarm(alarmed: boolean): void {
    if (alarmed === this.#alarmed) return;
    this.#alarmed = alarmed;
    for (const listener of [...this.#alarmListeners]) listener(alarmed);
  }

  /** @returns what ends the listening. */
  onAlarm(listener: (alarmed: boolean) => void): () => void {
    this.#alarmListeners.add(listener);
    return () => this.#alarmListeners.delete(listener);
  }

  declare(name: string, given: Readonly<Record<string, unknown>>): void {
    if (this.#queues.has(name) || this.#streams.has(name)) return;
    this.witness.declared(name, given);
    if (given["x-queue-type"] === "stream") this.#streams.set(name, new Stream(this.scheduler));
    // A level of the ladder holds nothing here.
    else if (!/^busbar\.delay\.\d+$/.test(name)) this.#queues.set(name, newQueue(name, given));
  }

  bind(name: string, exchange: string, pattern: string): void {
    const queue = this.#queues.get(name);
    if (queue !== undefined && exchange === LADDER_EXCHANGE && pattern === "*.".repeat(LEVELS) + name)
      queue.isOnLadder = true;
  }

  unbind(name: string, exchange: string): void {
    const queue = this.#queues.get(name);
    if (queue !== undefined && exchange === LADDER_EXCHANGE) queue.isOnLadder = false;
  }

  queue(name: string): Queue | undefined {
    return this.#queues.get(name);
  }

  stream(name: string): Stream | undefined {
    return this.#streams.get(name);
  }

  get queueNames(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Stores a message, or puts it on the ladder. */
  publish(published: Published): "stored" | "unroutable" | "full" {
    const { exchange, routingKey, id, body, headers } = published;
    if (exchange !== "") return this.#publishTo(exchange, published);
    if (this.fanout.send(routingKey, body)) return "stored";
    const stream = this.#streams.get(routingKey);
    if (stream !== undefined) {
      this.witness.logged(routingKey, body);
      stream.append(body);
      return "stored";
    }
    if (this.full.has(routingKey)) return "full";
    return this.store({ queue: routingKey, id, body, headers }) ? "stored" : "unroutable";
  }

  #publishTo(exchange: string, { routingKey, id, body, headers }: Published): "stored" | "unroutable" {
    if (exchange === "busbar.routers") {
      this.fanout.broadcast(body);
      return "stored";
    }
    const route = ladderRoute(exchange, routingKey);
    if (route === undefined) return "unroutable";
    this.#delay({ queue: route.queue, id, body, headers }, routingKey, route.delayMs);
    return "stored";
  }

  /** Stores a message. Returns false when there is no such queue. */
  store(message: Message, route = message.queue): boolean {
    const queue = this.#queues.get(message.queue);
    if (queue === undefined) return false;
    this.witness.stored(message, 0);
    queue.ready.push(this.#fresh(message, route));
    this.#dispatch(queue);
    return true;
  }

  /** Puts a message on the ladder: never early, somewhat late. */
  #delay(message: Message, route: string, delayMs: number): void {
    const { chance } = this.scheduler;
    this.witness.stored(message, delayMs);
    const copies = chance.happens(this.ladderRepeats) ? 2 : 1;
    if (copies > 1) this.witness.doubted(message);
    for (let copy = 0; copy < copies; copy++) {
      this.#delayed += 1;
      this.scheduler.after(delayMs + chance.between(0, 1_000), undefined, () => this.#handOver(message, route));
    }
  }

  #handOver(message: Message, route: string): void {
    this.#delayed -= 1;
    const bound = this.#queues.get(message.queue);
    // The exchange's alternate is there for what has no queue.
    const queue = bound?.isOnLadder ? bound : this.#queues.get(UNDELIVERABLE);
    if (queue === undefined) return;
    queue.ready.push(this.#fresh(message, route));
    this.#dispatch(queue);
  }

  /** False when there is no such queue. */
  subscribe(subscription: Subscription): boolean {
    const queue = this.#queues.get(subscription.queue);
    if (queue === undefined) return false;
    queue.subscriptions.push(subscription);
    this.#dispatch(queue);
    return true;
  }

  /** No more is handed out; what is unacked may still be settled. */
  cancel(subscription: Subscription): void {
    const queue = this.#queues.get(subscription.queue);
    const place = queue?.subscriptions.indexOf(subscription) ?? -1;
    if (queue === undefined || place < 0) return;
    queue.subscriptions.splice(place, 1);
    this.#dispatch(queue);
  }

  /** One message without a subscription; undefined when none is ready. */
  get(name: string): HandOut | undefined {
    const queue = this.#queues.get(name);
    const stored = queue?.ready.shift();
    if (queue === undefined || stored === undefined) return undefined;
    const handOut: HandOut = {
      stored,
      queue,
      subscription: undefined,
      atMs: this.scheduler.nowMs,
      orphanedBy: undefined,
    };
    queue.unacked.add(handOut);
    return handOut;
  }

  ack(handOut: HandOut): void {
    const { subscription, queue } = handOut;
    const isUnacked = queue.unacked.has(handOut);
    if (isUnacked && subscription && queue.subscriptions.includes(subscription)) this.witness.acked(handOut);
    if (isUnacked) this.witness.removed(handOut);
    if (this.#end(handOut)) this.#dispatch(handOut.queue);
  }

  nack(handOut: HandOut): void {
    this.#giveBack(handOut, this.version === "3.10");
  }

  /** The channel or connection that it was handed out over has gone: it goes back, counted as a crash. */
  orphan(handOut: HandOut, by: "channel" | "connection"): void {
    handOut.orphanedBy ??= by;
    this.#giveBack(handOut, true);
  }

  /** Does what happens at one moment: nothing is handed out in between. */
  atOnce(step: () => void): void {
    const waiting = (this.#waiting = new Set<Queue>());
    step();
    this.#waiting = undefined;
    for (const queue of waiting) this.#dispatch(queue);
  }

  /** Deletes a queue with its messages, as an operator does. Its consumers are notified. */
  deleteQueue(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) return;
    this.#queues.delete(name);
    for (const { message } of queue.ready) this.witness.destroyed(message);
    for (const handOut of [...queue.unacked]) {
      handOut.orphanedBy = "queue";
      this.#end(handOut);
      this.witness.destroyed(handOut.stored.message);
    }
    for (const subscription of queue.subscriptions) subscription.cancelled();
  }

  /**
   * Messages that wait in the queues whose names pass, that are unacked in any queue, and on the ladder, with where they
   * are.
   */
  unfinished(isOurs: (queue: string) => boolean): readonly string[] {
    const places = [...this.#queues.values()].flatMap(({ name, ready, unacked }) => {
      if (unacked.size === 0 && (ready.length === 0 || !isOurs(name))) return [];
      return [`${name}: ${ready.length} ready, ${unacked.size} unacked`];
    });
    const moving = this.#delayed + this.onTheWire;
    return moving === 0 ? places : [...places, `${this.#delayed} on the ladder, ${this.onTheWire} on the wire`];
  }

  #fresh(message: Message, route: string): Stored {
    return { message, route, place: (this.#places += 1), crashes: 0, returns: 0, redelivered: false };
  }

  #dispatch(queue: Queue): void {
    if (this.#waiting === undefined) dispatch(queue, this.scheduler);
    else this.#waiting.add(queue);
  }

  #giveBack(handOut: HandOut, counted: boolean): void {
    const { stored, queue } = handOut;
    if (!this.#end(handOut)) return;
    this.witness.returned(handOut);
    stored.redelivered = true;
    stored.returns += 1;
    if (counted) stored.crashes += 1;
    if (stored.crashes > queue.deliveryLimit) this.#giveUp(queue, stored);
    else if (handOut.orphanedBy !== undefined) putInPlace(queue, stored);
    else if (this.version === "3.10") queue.ready.push(stored);
    else queue.ready.unshift(stored);
    this.#dispatch(queue);
  }

  /** False when it had ended before, with its queue at the latest. */
  #end(handOut: HandOut): boolean {
    handOut.subscription?.unacked.delete(handOut);
    return handOut.queue.unacked.delete(handOut);
  }

  #giveUp({ deadLetterQueue }: Queue, { message, route }: Stored): void {
    if (deadLetterQueue !== undefined) this.store({ ...message, queue: deadLetterQueue }, route);
  }
}

/** What a channel held that has gone comes back in its old order, in front of everything fresh. */
function putInPlace({ ready }: Queue, stored: Stored): void {
  const next = ready.findIndex(({ place }) => place > stored.place);
  ready.splice(next < 0 ? ready.length : next, 0, stored);
}
