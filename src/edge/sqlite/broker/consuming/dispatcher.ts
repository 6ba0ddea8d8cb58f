import type { HandedOut, TableSubscription } from "../protocol.ts";
import type { MessageTables } from "../messages/message-tables.ts";

/** What one turn comes to. */
export interface Dispatched {
  readonly handedOut: readonly HandedOut[];
  /** Queues with a bell and a message that nobody was handed. */
  readonly rung: readonly string[];
}

/** Decides who is handed what. It looks only at queues where something has happened since it last looked. */
export class Dispatcher {
  readonly #tables: MessageTables;
  /** By queue, in order of arrival. */
  readonly #subscriptions = new Map<string, readonly TableSubscription[]>();
  readonly #byConsumer = new Map<number, TableSubscription>();
  /** Queues whose next message that nobody is handed is announced, once. */
  readonly #bells = new Set<string>();
  readonly #awake = new Set<string>();

  constructor(tables: MessageTables) {
    this.#tables = tables;
  }

  subscribe(subscription: TableSubscription): void {
    const { consumer, queue } = subscription;
    this.unsubscribe(consumer);
    this.#byConsumer.set(consumer, subscription);
    this.#subscriptions.set(queue, [...(this.#subscriptions.get(queue) ?? []), subscription]);
    this.wake(queue);
  }

  unsubscribe(consumer: number): void {
    const subscription = this.#byConsumer.get(consumer);
    if (subscription === undefined) return;
    const { queue } = subscription;
    const rest = this.#subscriptions.get(queue)?.filter((other) => other !== subscription) ?? [];
    this.#byConsumer.delete(consumer);
    if (rest.length === 0) this.#subscriptions.delete(queue);
    else this.#subscriptions.set(queue, rest);
    // The next in line of a single active consumer queue takes over.
    this.wake(queue);
  }

  /** Announces once that the queue has a message that is ready. */
  hangBell(queue: string): void {
    this.#bells.add(queue);
    this.wake(queue);
  }

  countConsumers(queue: string): number {
    return this.#subscriptions.get(queue)?.length ?? 0;
  }

  /** A message has become ready in the queue, or a holder has room again. */
  wake(queue: string): void {
    if (this.#subscriptions.has(queue) || this.#bells.has(queue)) this.#awake.add(queue);
  }

  wakeAll(): void {
    for (const queue of [...this.#subscriptions.keys(), ...this.#bells]) this.#awake.add(queue);
  }

  /** Whether `dispatch` has left something to hand out. */
  get hasMore(): boolean {
    return this.#awake.size > 0;
  }

  /**
   * Gives ready messages to their holders, in the database. After about `bytesMax` of bodies it leaves the rest for
   * later.
   */
  dispatch(bytesMax: number): Dispatched {
    const handedOut: HandedOut[] = [];
    const rung: string[] = [];
    let bytesLeft = bytesMax;
    for (const name of [...this.#awake]) {
      for (const subscription of this.#served(name)) {
        if (bytesLeft <= 0) return { handedOut, rung };
        for (const message of this.#handOut(subscription, bytesLeft)) {
          handedOut.push({ consumer: subscription.consumer, message });
          bytesLeft -= message.body.length;
        }
      }
      // A queue that used up the budget may have more, and waits behind the others.
      this.#awake.delete(name);
      if (bytesLeft <= 0) this.#awake.add(name);
      else if (this.#bells.has(name) && this.#hasReady(name)) rung.push(name);
    }
    return { handedOut, rung };
  }

  /** What was dispatched is durable: subscriptions for one message end, and bells that rang. */
  committed({ handedOut, rung }: Dispatched): void {
    for (const queue of rung) this.#bells.delete(queue);
    for (const { consumer } of handedOut) {
      if (this.#byConsumer.get(consumer)?.once) this.unsubscribe(consumer);
    }
  }

  #served(name: string): readonly TableSubscription[] {
    const subscriptions = this.#subscriptions.get(name) ?? [];
    return this.#tables.queue(name)?.singleActiveConsumer ? subscriptions.slice(0, 1) : subscriptions;
  }

  #hasReady(name: string): boolean {
    const queue = this.#tables.queue(name);
    return queue !== undefined && this.#tables.hasReady(queue);
  }

  #handOut({ queue: name, consumer, limit }: TableSubscription, bytesMax: number) {
    const queue = this.#tables.queue(name);
    const room = limit - this.#tables.heldBy(consumer);
    return queue !== undefined && room > 0 ? this.#tables.handOut(queue, consumer, room, bytesMax) : [];
  }
}
