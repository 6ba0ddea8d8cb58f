import type { Channel, Message } from "amqplib";
import { answerTo } from "../connection/rpc.ts";

/** Bodies that one step may bring, at least one message. */
const STEP_BYTES_MAX = 1024 * 1024;
/** How long a subscription waits for its next message, when others have taken what was ready. */
const QUIET_MS = 1_000;

/**
 * Reads the messages of a queue in steps and leaves them unacknowledged. Each step is a subscription of as many messages
 * as it wants: RabbitMQ 3.10 gives 300 a second one by one, and 10,000 so. A single message is asked for where a
 * subscription may not do: for the first one, whose size nobody knows, for the end of the queue, which a subscription
 * cannot distinguish from a pause, and for all when another consumer is the only active one.
 */
export class QueueReader {
  readonly #channel: Channel;
  readonly #queue: string;
  /** Messages of the size that the last step met, as many as fit into the bytes of a step. Unknown before the first. */
  #fitting: number | undefined;
  #subscribes = true;

  constructor(channel: Channel, queue: string) {
    this.#channel = channel;
    this.#queue = queue;
  }

  /** Resolves with up to `limit` messages, and with none at the end of the queue. */
  async next(limit: number): Promise<readonly Message[]> {
    if (this.#fitting !== undefined) return this.#step(limit, this.#fitting);
    const first = await this.#step(1, 1);
    return first.length === 0 || limit === 1 ? first : [...first, ...(await this.next(limit - 1))];
  }

  async #step(limit: number, fitting: number): Promise<readonly Message[]> {
    const messages = await this.#read(limit, Math.min(limit, fitting));
    const largest = Math.max(1, ...messages.map(({ content }) => content.length));
    if (messages.length > 0) this.#fitting = Math.max(1, Math.floor(STEP_BYTES_MAX / largest));
    return messages;
  }

  async #read(limit: number, fitting: number): Promise<readonly Message[]> {
    if (!this.#subscribes) return this.#getUpTo(limit);
    if (fitting === 1) return this.#getUpTo(1);
    const ready = await answerTo("a passive declare", this.#channel.checkQueue(this.#queue));
    if (ready.messageCount === 0) return this.#getUpTo(1);
    const delivered = await this.#deliverUpTo(Math.min(fitting, ready.messageCount));
    if (delivered.length > 0) return delivered;
    const messages = await this.#getUpTo(1);
    this.#subscribes = messages.length === 0;
    return messages;
  }

  async #deliverUpTo(count: number): Promise<readonly Message[]> {
    const delivery = new Delivery(count);
    await this.#bounded("setting the prefetch of", this.#channel.prefetch(count));
    const consuming = this.#channel.consume(this.#queue, (message) => delivery.add(message));
    const { consumerTag } = await this.#bounded("consuming", consuming);
    await delivery.end();
    await this.#bounded("cancelling", this.#channel.cancel(consumerTag));
    // Their size was not foreseen. They are met again: not before the subscription has ended, or it would get them.
    for (const message of delivery.beyondBytes) this.#channel.nack(message, false, true);
    return delivery.messages;
  }

  async #getUpTo(limit: number): Promise<readonly Message[]> {
    const messages: Message[] = [];
    let bytes = 0;
    while (messages.length < limit && bytes < STEP_BYTES_MAX) {
      const message = await this.#bounded("reading", this.#channel.get(this.#queue));
      if (message === false) break;
      messages.push(message);
      bytes += message.content.length;
    }
    return messages;
  }

  #bounded<Result>(doing: string, promise: PromiseLike<Result>): Promise<Result> {
    return answerTo(`${doing} queue "${this.#queue}"`, Promise.resolve(promise));
  }
}

/** What one subscription brings. */
class Delivery {
  readonly messages: Message[] = [];
  /** Without their bodies. */
  readonly beyondBytes: Message[] = [];
  readonly #complete = Promise.withResolvers<undefined>();
  readonly #count: number;
  #quiet: NodeJS.Timeout | undefined;
  #bytes = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** @param message null when the queue was deleted. */
  add(message: Message | null): void {
    if (message === null) return this.#complete.resolve(undefined);
    this.#quiet?.refresh();
    if (this.#bytes < STEP_BYTES_MAX) this.messages.push(message);
    else this.beyondBytes.push({ ...message, content: Buffer.alloc(0) });
    this.#bytes += message.content.length;
    if (this.messages.length + this.beyondBytes.length === this.#count) this.#complete.resolve(undefined);
  }

  /** Resolves when all are there, when no more come, or when the queue was deleted. */
  async end(): Promise<void> {
    this.#quiet = setTimeout(() => this.#complete.resolve(undefined), QUIET_MS);
    await this.#complete.promise;
    clearTimeout(this.#quiet);
  }
}
