import type { HandedOut, StoreSubscription } from "./protocol.ts";
import type { Store } from "./store.ts";

/** Decides who is handed what. It looks only at queues where something has happened since it last looked. */
export class Dispatcher {
  readonly #store: Store;
  /** By queue, in order of arrival. */
  readonly #subscriptions = new Map<string, readonly StoreSubscription[]>();
  readonly #byConsumer = new Map<number, StoreSubscription>();
  readonly #awake = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  subscribe(subscription: StoreSubscription): void {
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

  countConsumers(queue: string): number {
    return this.#subscriptions.get(queue)?.length ?? 0;
  }

  /** A message has become ready in the queue, or a holder has room again. */
  wake(queue: string): void {
    if (this.#subscriptions.has(queue)) this.#awake.add(queue);
  }

  wakeAll(): void {
    for (const queue of this.#subscriptions.keys()) this.#awake.add(queue);
  }

  /** Whether `dispatch` has left something to hand out. */
  get hasMore(): boolean {
    return this.#awake.size > 0;
  }

  /**
   * Gives ready messages to their holders, in the database. After about `bytesMax` of bodies it leaves the rest for
   * later.
   */
  dispatch(bytesMax: number): HandedOut[] {
    const handedOut: HandedOut[] = [];
    let bytesLeft = bytesMax;
    for (const name of [...this.#awake]) {
      for (const subscription of this.#served(name)) {
        if (bytesLeft <= 0) return handedOut;
        for (const message of this.#handOut(subscription, bytesLeft)) {
          handedOut.push({ consumer: subscription.consumer, message });
          bytesLeft -= message.body.length;
        }
      }
      // A queue that used up the budget may have more, and waits behind the others.
      this.#awake.delete(name);
      if (bytesLeft <= 0) this.#awake.add(name);
    }
    return handedOut;
  }

  /** What was handed out is durable: subscriptions for one message end. */
  committed(handedOut: readonly HandedOut[]): void {
    for (const { consumer } of handedOut) {
      if (this.#byConsumer.get(consumer)?.once) this.unsubscribe(consumer);
    }
  }

  #served(name: string): readonly StoreSubscription[] {
    const subscriptions = this.#subscriptions.get(name) ?? [];
    return this.#store.queue(name)?.singleActiveConsumer ? subscriptions.slice(0, 1) : subscriptions;
  }

  #handOut({ queue: name, consumer, limit }: StoreSubscription, bytesMax: number) {
    const queue = this.#store.queue(name);
    const room = limit - this.#store.heldBy(consumer);
    return queue !== undefined && room > 0 ? this.#store.handOut(queue, consumer, room, bytesMax) : [];
  }
}
