import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { BatchedDelivery } from "./batch-deliveries.ts";

/** A message that is held until it is settled, lost or given back. */
export interface BatchedMessage extends BatchedDelivery {
  readonly lost: AbortSignal;
  readonly settled: PromiseWithResolvers<undefined>;
}

/**
 * The messages that a router has in hand for one function's batches. Those that no call has begun for leave when they are
 * lost, and come again, here or elsewhere. The others are counted until they are settled.
 */
export class MessagesHeld {
  readonly #waiting = new Set<BatchedMessage>();
  readonly #watched = new WeakSet<AbortSignal>();
  readonly #onLost: (isHeld: (message: BatchedMessage) => boolean) => void;
  /** All that are not settled. */
  count = 0;
  /** Of their bodies. */
  bytes = 0;

  /** @param onLost is called when some are lost, with what says of a message whether it still waits for its call. */
  constructor(onLost: (isHeld: (message: BatchedMessage) => boolean) => void) {
    this.#onLost = onLost;
  }

  /** Those that no call has begun for. */
  get waiting(): number {
    return this.#waiting.size;
  }

  add(message: Received, delivery: Delivery, lost: AbortSignal): BatchedMessage {
    const held = { message, delivery, lost, settled: Promise.withResolvers<undefined>() };
    this.#watch(lost);
    this.#waiting.add(held);
    this.count += 1;
    this.bytes += message.body.length;
    return held;
  }

  /** Takes those out that still wait, to call or to give back. */
  take(held: readonly BatchedMessage[]): readonly BatchedMessage[] {
    return held.filter((each) => this.#waiting.delete(each));
  }

  /** Ends each message as what was done for it ends. Never rejects. */
  async settle(held: readonly BatchedMessage[], ended: readonly Promise<void>[]): Promise<void> {
    const settling = held.map(async (each, at) => {
      try {
        await ended[at];
        this.#leave(each);
        each.settled.resolve(undefined);
      } catch (error) {
        this.#leave(each);
        each.settled.reject(error);
      }
    });
    await Promise.all(settling);
  }

  #watch(lost: AbortSignal): void {
    if (this.#watched.has(lost)) return;
    this.#watched.add(lost);
    const drop = (): void => {
      for (const held of this.take([...this.#waiting].filter((each) => each.lost === lost))) {
        this.#leave(held);
        held.settled.reject(lost.reason);
      }
      this.#onLost((each) => this.#waiting.has(each));
    };
    lost.addEventListener("abort", drop, { once: true });
  }

  #leave({ message }: BatchedMessage): void {
    this.count -= 1;
    this.bytes -= message.body.length;
  }
}
