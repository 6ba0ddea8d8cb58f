import { sleep } from "../../../../async/sleep.ts";
import type { Consumer, MessageHandler } from "../../../../ports/broker/consumer.ts";
import { handBackMs } from "../../../../ports/broker/consumer.ts";
import { asReceived } from "../messages/message.ts";
import type { Settlement, TableSubscription } from "../protocol.ts";
import type { StoredMessage } from "../messages/stored-message.ts";
import type { BrokerThread } from "../broker-thread.ts";

const SETTLE_RETRY_MS = 1_000;
/** The store never hands out a message that this process holds: there is no connection to lose. */
const NEVER_LOST = new AbortController().signal;

/** Runs a handler over the messages that the store hands to one subscription. */
export class SqliteConsumer implements Consumer {
  readonly #client: BrokerThread;
  readonly #subscription: TableSubscription;
  readonly #handler: MessageHandler;
  readonly #ended: () => void;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** In a row. */
  #failures = 0;

  /** @param ended called when the consumer has stopped: no message is in flight, and none will come. */
  constructor(client: BrokerThread, subscription: TableSubscription, handler: MessageHandler, ended: () => void) {
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
    // A message that waits after its failure goes back at once.
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
    // Handlers that fail side by side fail for one reason: together they double the wait once, not once each.
    const failures = this.#failures + 1;
    try {
      await this.#handler(asReceived(this.#subscription.queue, message), NEVER_LOST);
      this.#failures = 0;
      return "ack";
    } catch {
      this.#failures = failures;
      await sleep(handBackMs(failures), AbortSignal.any([this.#stopping.signal, this.#client.ended]));
      return "give-back";
    }
  }
}

/** @throws Error when there is no such queue. */
export async function subscribe(client: BrokerThread, subscription: TableSubscription): Promise<void> {
  const known = await client.call("subscribe", [subscription]);
  if (!known) throw new Error(`there is no queue "${subscription.queue}"`);
}

/**
 * Settles a message, again every second until that is durable: otherwise a handler's decision would be asked for twice.
 * Gives up only when the store has ended. The next process that opens it hands the message out again.
 */
export async function settleStored(
  client: BrokerThread,
  queue: string,
  sequence: number,
  settlement: Settlement,
): Promise<void> {
  while (!client.ended.aborted) {
    try {
      return await client.call("settle", [queue, sequence, settlement]);
    } catch {
      await sleep(SETTLE_RETRY_MS, client.ended);
    }
  }
}
