import type { Received } from "../../domain/queue/message.ts";
import { Lanes } from "./lanes.ts";

/** A message of a function that keeps an order. */
export interface OrderedMessage {
  readonly id: string;
  message: Received;
  /** Fires when the message goes back. */
  lost: AbortSignal;
  settled: PromiseWithResolvers<undefined>;
}

/**
 * The messages that a router has in hand for one function, in lanes by their key. A message is in its lane from when it
 * comes until it is settled or lost. When messages are lost, those that nobody has taken leave their lanes. One that is
 * taken keeps its place: the next of its key waits for it, and where the message comes again meanwhile, what comes of it
 * counts for that.
 */
export class MessagesInHand {
  readonly lanes = new Lanes<OrderedMessage>();
  #bytes = 0;
  /** Lanes whose first message failed unexpectedly. They go on when all comes again. */
  readonly #broken = new Map<string, OrderedMessage>();

  /** Of all bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns a promise that resolves when the message may be acked, and rejects with the reason of `lost` when it goes back. */
  add(key: string, id: string, message: Received, lost: AbortSignal): Promise<undefined> {
    const settled = Promise.withResolvers<undefined>();
    const head = this.lanes.head(key);
    if (head?.id === id && head.lost.aborted) {
      head.settled.reject(head.lost.reason);
      Object.assign(head, { message, lost, settled });
    } else {
      this.#bytes += message.body.length;
      this.lanes.add(key, { id, message, lost, settled });
    }
    return settled.promise;
  }

  /** What nobody has taken leaves its lane. */
  drop(lost: AbortSignal): void {
    for (const [key, { message }] of this.#broken) this.#leave(key, message);
    this.#broken.clear();
    for (const { message, settled } of this.lanes.clear()) {
      this.#bytes -= message.body.length;
      settled.reject(lost.reason);
    }
  }

  settle(key: string, { message, settled }: OrderedMessage): void {
    this.#leave(key, message);
    settled.resolve(undefined);
  }

  /** A taken message that was lost meanwhile is to be taken again when it comes again. */
  giveBack(key: string, { message, lost, settled }: OrderedMessage): void {
    this.#leave(key, message);
    settled.reject(lost.reason);
  }

  /** Its key does not go on before the consumer has given back all messages for this. */
  fail(key: string, entry: OrderedMessage, error: unknown): void {
    if (entry.lost.aborted) return this.giveBack(key, entry);
    this.#broken.set(key, entry);
    entry.settled.reject(error);
  }

  #leave(key: string, { body }: Received): void {
    this.#bytes -= body.length;
    this.lanes.done(key);
  }
}
