import { declarationOf } from "../../../../domain/queue/queues.ts";
import { Ongoing } from "../../../../async/ongoing.ts";
import { sleep } from "../../../../async/sleep.ts";
import type { Consumer, MessageHandler } from "../../../../ports/broker/consumer.ts";
import { handBackMs, ReleaseError } from "../../../../ports/broker/consumer.ts";
import type { BrokerThread } from "../broker-thread.ts";
import { settleStored, SqliteConsumer, subscribe } from "./consumer.ts";
import { asReceived } from "../messages/message.ts";
import type { TableSubscription } from "../protocol.ts";
import type { StoredMessage } from "../messages/stored-message.ts";

/**
 * Runs a handler over the messages of a queue whose order is kept. What has not begun is given back together with the end
 * of the subscription, in one transaction: nothing that came later is handed out in between. A release (a pause, a stop, a
 * handler that failed) first waits for the handlers that have begun.
 */
export class SqliteInOrderConsumer implements Consumer {
  readonly #client: BrokerThread;
  readonly #subscription: TableSubscription;
  readonly #handler: MessageHandler;
  readonly #ended: () => void;
  readonly #inFlight = new Ongoing();
  readonly #stopping = new AbortController();
  #isWanted = true;
  /** Fires when what came since the last subscription goes back; undefined without a subscription. */
  #lost: AbortController | undefined;
  /** One change of the subscription follows the other. */
  #change: Promise<void> = Promise.resolve();
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
    const lost = this.#lost;
    // What comes during a release goes back with the rest.
    if (lost === undefined || lost.signal.aborted) return;
    void this.#handle(message, lost);
  }

  /** Nobody waits for the handlers that have begun. */
  pause(): Promise<void> {
    this.#isWanted = false;
    void this.#release().catch(() => undefined);
    return Promise.resolve();
  }

  async resume(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#isWanted = true;
    await this.#changed(async () => {
      if (!this.#isWanted || this.#lost !== undefined) return;
      const lost = new AbortController();
      this.#lost = lost;
      try {
        await subscribe(this.#client, this.#subscription);
      } catch (error) {
        if (this.#lost === lost) this.#lost = undefined;
        throw error;
      }
    });
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    this.#stopping.abort();
    await this.#release().catch((error: unknown) => {
      // A store that has ended hands out no more either.
      if (!this.#client.ended.aborted) throw error;
    });
    this.#ended();
  }

  #release(): Promise<void> {
    this.#lost?.abort(new ReleaseError());
    return this.#changed(async () => {
      const lost = this.#lost;
      if (lost === undefined) return;
      lost.abort(new ReleaseError());
      while (this.#inFlight.any) await this.#inFlight.ended();
      this.#lost = undefined;
      const { queue, consumer } = this.#subscription;
      await this.#client.call("release", [queue, consumer]);
    });
  }

  #changed(change: () => Promise<void>): Promise<void> {
    const changed = this.#change.then(change);
    this.#change = changed.catch(() => undefined);
    return changed;
  }

  /** Never rejects. */
  async #handle(message: StoredMessage, { signal }: AbortController): Promise<void> {
    const { queue } = this.#subscription;
    this.#inFlight.begin();
    try {
      await this.#handler(asReceived(queue, message), signal);
      await settleStored(this.#client, queue, message.sequence, "ack");
      this.#failures = 0;
    } catch (error) {
      if (error !== signal.reason) void this.#comeAgainLater(signal);
    } finally {
      this.#inFlight.end();
    }
  }

  /** All that is in hand goes back, and comes again in its order. */
  async #comeAgainLater(lost: AbortSignal): Promise<void> {
    this.#failures += 1;
    const { signal } = this.#stopping;
    await sleep(handBackMs(this.#failures), AbortSignal.any([signal, lost, this.#client.ended]));
    if (lost.aborted || signal.aborted) return;
    const released = this.#release();
    if (this.#isWanted) void this.resume().catch(() => undefined);
    await released.catch(() => undefined);
  }
}

/** The consumer of a queue, by whether that keeps its order. */
export function consumerOf(
  client: BrokerThread,
  subscription: TableSubscription,
  handler: MessageHandler,
  ended: () => void,
): SqliteConsumer | SqliteInOrderConsumer {
  const keepsOrder = declarationOf(subscription.queue).keepsOrder === true;
  const Kind = keepsOrder ? SqliteInOrderConsumer : SqliteConsumer;
  return new Kind(client, subscription, handler, ended);
}
