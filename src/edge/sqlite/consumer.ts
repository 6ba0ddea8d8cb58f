import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, MessageHandler } from "../../ports/consumer.ts";
import type { Settlement, StoredMessage, StoreSubscription } from "./protocol.ts";
import { asReceived } from "./message.ts";
import type { StoreClient } from "./store-client.ts";

const PAUSE_FIRST_MS = 1_000;
const PAUSE_LONGEST_MS = 30_000;
const SETTLE_RETRY_MS = 1_000;
/** The store hands nothing out again that this process holds: there is no connection to lose. */
const NEVER_LOST = new AbortController().signal;

/** Runs a handler over the messages that the store hands to one subscription. */
export class SqliteConsumer implements Consumer {
  readonly #client: StoreClient;
  readonly #subscription: StoreSubscription;
  readonly #handler: MessageHandler;
  readonly #ended: () => void;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #pauseMs = PAUSE_FIRST_MS;

  /** @param ended told when it has stopped, and no message will come or is in flight. */
  constructor(client: StoreClient, subscription: StoreSubscription, handler: MessageHandler, ended: () => void) {
    this.#client = client;
    this.#subscription = subscription;
    this.#handler = handler;
    this.#ended = ended;
  }

  handle(message: StoredMessage): void {
    const handling = this.#handle(message).finally(() => this.#inFlight.delete(handling));
    this.#inFlight.add(handling);
  }

  async pause(): Promise<void> {
    await this.#client.call("unsubscribe", [this.#subscription.consumer]);
  }

  async resume(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await subscribe(this.#client, this.#subscription);
  }

  async stop(): Promise<void> {
    // A message that waits out its pause goes back at once.
    this.#stopping.abort();
    await this.pause().catch((error: unknown) => {
      // A store that has ended hands out no more either.
      if (!this.#client.ended.aborted) throw error;
    });
    await Promise.all(this.#inFlight);
    this.#ended();
  }

  async #handle(message: StoredMessage): Promise<void> {
    const settlement = await this.#run(message);
    await settleStored(this.#client, this.#subscription.queue, message.sequence, settlement);
  }

  async #run(message: StoredMessage): Promise<Settlement> {
    // Handlers that fail side by side fail for one reason: together they double the pause once, not once each.
    const pauseMs = this.#pauseMs;
    try {
      await this.#handler(asReceived(this.#subscription.queue, message), NEVER_LOST);
      this.#pauseMs = PAUSE_FIRST_MS;
      return "ack";
    } catch {
      this.#pauseMs = Math.min(2 * pauseMs, PAUSE_LONGEST_MS);
      const signal = AbortSignal.any([this.#stopping.signal, this.#client.ended]);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      return "give-back";
    }
  }
}

/** Rejects when there is no such queue. */
export async function subscribe(client: StoreClient, subscription: StoreSubscription): Promise<void> {
  const known = await client.call("subscribe", [subscription]);
  if (!known) throw new Error(`there is no queue "${subscription.queue}"`);
}

/**
 * Settles a message, again every second until it is durable: what the handler decided is never asked for twice.
 * Gives up only when the store has ended; the message is then handed out by the next one.
 */
export async function settleStored(
  client: StoreClient,
  queue: string,
  sequence: number,
  settlement: Settlement,
): Promise<void> {
  while (!client.ended.aborted) {
    try {
      return await client.call("settle", [queue, sequence, settlement]);
    } catch {
      await sleep(SETTLE_RETRY_MS, undefined, { signal: client.ended }).catch(() => undefined);
    }
  }
}
