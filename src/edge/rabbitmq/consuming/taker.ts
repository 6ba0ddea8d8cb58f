import { randomUUID } from "node:crypto";
import type { Channel, ConsumeMessage } from "amqplib";
import { sleep } from "../../../async/sleep.ts";
import type { Received } from "../../../domain/queue/message.ts";
import type { Taken } from "../../../ports/broker/taker.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import { closeChannel, openChannel, replyCode } from "../connection/channels.ts";
import { NotConnectedError } from "../connection/connection.ts";
import { received } from "../publishing/message.ts";
import { answerTo, retryMs } from "../connection/rpc.ts";

/** Opening a channel costs a round trip or two, so some are kept for the next poll. */
const IDLE_CHANNELS_MAX = 64;

export interface TakerOptions {
  readonly connection: Pick<RecoveringConnection, "model" | "ready">;
  readonly declareAgain: (queue: string) => Promise<void>;
  /** Publishes a message to its queue once more; resolves when it is confirmed. */
  readonly republish: (message: Received) => Promise<void>;
  readonly arrived: (message: Received) => void;
}

/** Takes single messages, each by a subscription that ends with its first message. */
export class RabbitMqTaker {
  readonly #options: TakerOptions;
  readonly #open = new Set<Channel>();
  readonly #idle = new Set<Channel>();

  constructor(options: TakerOptions) {
    this.#options = options;
  }

  /** Waits for one message, through lost connections and deleted queues, until the signal fires. */
  async take(queue: string, signal: AbortSignal): Promise<Taken | undefined> {
    let failures = 0;
    for (;;) {
      await this.#options.connection.ready(signal);
      if (signal.aborted) return undefined;
      try {
        const taken = await this.#takeOnce(queue, signal);
        if (taken !== undefined) return taken;
        failures = 0; // the channel was lost while waiting
      } catch (error) {
        failures += 1;
        if (replyCode(error) === 404) await this.#options.declareAgain(queue).catch(() => undefined);
        await sleep(retryMs(failures), signal);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(closeChannel));
  }

  /** Undefined when the signal fired, or when the subscription was lost. */
  async #takeOnce(queue: string, signal: AbortSignal): Promise<Taken | undefined> {
    const channel = await this.#openChannel();
    const subscription = new SingleSubscription(channel, queue);
    const abort = (): void => subscription.abort();
    try {
      await subscription.begin();
      signal.addEventListener("abort", abort);
      if (signal.aborted) abort();
      const raw = await subscription.message;
      // A message and the loss of its channel may come in one read: the broker hands it out again.
      if (raw === undefined || !this.#open.has(channel)) {
        this.#release(channel);
        return undefined;
      }
      const taken = this.#taken(channel, queue, raw, subscription);
      if (!subscription.aborted) return taken;
      await taken.giveBack();
      return undefined;
    } catch (error) {
      void closeChannel(channel);
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #taken(channel: Channel, queue: string, raw: ConsumeMessage, subscription: SingleSubscription): Taken {
    const message = received(queue, raw);
    if (!raw.fields.redelivered && !subscription.aborted) this.#options.arrived(message);
    const settle = async (requeue: boolean): Promise<void> => {
      try {
        if (requeue) channel.nack(raw, false, true);
        else channel.ack(raw);
        await subscription.ended;
        this.#release(channel);
      } catch {
        // The channel has gone, and the broker hands the message out again.
      }
    };
    return {
      message,
      ack: () => settle(false),
      // A message that goes back unacked counts as crashed, on 3.10 even when it is nacked. A copy begins at nought.
      giveBack: async () => {
        if (!this.#open.has(channel)) return; // The broker has it again: a copy would be a second one.
        const copied = await this.#options.republish(message).then(
          () => true,
          () => false,
        );
        await settle(!copied);
      },
    };
  }

  async #openChannel(): Promise<Channel> {
    for (const channel of this.#idle) {
      this.#idle.delete(channel);
      return channel;
    }
    const { model } = this.#options.connection;
    if (model === undefined) throw new NotConnectedError();
    const channel = await openChannel(model);
    this.#open.add(channel);
    channel.once("close", () => {
      this.#open.delete(channel);
      this.#idle.delete(channel);
    });
    await answerTo("setting the prefetch", channel.prefetch(1));
    return channel;
  }

  #release(channel: Channel): void {
    if (this.#open.has(channel) && this.#idle.size < IDLE_CHANNELS_MAX) this.#idle.add(channel);
    else void closeChannel(channel);
  }
}

/**
 * A subscription for one message. With a prefetch of 1 the broker pushes the next message when the first is settled,
 * so the cancel is sent the moment the first arrives, and so before its ack.
 */
class SingleSubscription {
  readonly message: Promise<ConsumeMessage | undefined>;
  /** The broker has confirmed the end: the channel is free for another subscription. */
  ended: Promise<void> = Promise.resolve();
  /** The end was asked for before a message came. One may have crossed it on its way. */
  aborted = false;
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #consumerTag = randomUUID();
  readonly #finish: (message: ConsumeMessage | undefined) => void;
  #over = false;

  constructor(channel: Channel, queue: string) {
    const { promise, resolve } = Promise.withResolvers<ConsumeMessage | undefined>();
    this.message = promise;
    this.#channel = channel;
    this.#queue = queue;
    const lost = (): void => this.#finish(undefined);
    channel.once("close", lost);
    this.#finish = (message) => {
      this.#over = true;
      channel.removeListener("close", lost);
      resolve(message);
    };
  }

  async begin(): Promise<void> {
    const onMessage = (message: ConsumeMessage | null): void => {
      if (message !== null && !this.aborted) this.ended = this.#cancel();
      this.#finish(message ?? undefined);
    };
    // The tag is ours: a message may come before the answer that would name it.
    const consuming = this.#channel.consume(this.#queue, onMessage, { consumerTag: this.#consumerTag });
    await answerTo(`consuming queue "${this.#queue}"`, consuming);
  }

  abort(): void {
    if (this.#over) return;
    this.aborted = true;
    this.ended = this.#cancel();
    void this.ended.then(() => this.#finish(undefined));
  }

  async #cancel(): Promise<void> {
    const cancelling = this.#channel.cancel(this.#consumerTag);
    await answerTo(`cancelling queue "${this.#queue}"`, cancelling).catch(() => undefined);
  }
}
