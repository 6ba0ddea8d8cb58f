import { randomUUID } from "node:crypto";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { sleep } from "../../../async/sleep.ts";
import { CONTROL_LOG } from "../../../domain/queue/queues.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import { closeChannel, openChannel } from "../connection/channels.ts";
import { SupervisedChannel } from "../connection/supervised-channel.ts";
import { answerTo, retryMs } from "../connection/rpc.ts";
import { offsetOf, readStream } from "../streams/stream.ts";
import { lastOffset } from "../streams/stream-ends.ts";

/** Records on their way to us at once. A stream hands out nothing without such a limit, nor without acks. */
const PREFETCH = 1_000;
/** Failures in a row before a fault is reported: a node that has just started refuses its streams for a few seconds. */
const FAILURES_MAX = 5;

export interface LogReaderOptions {
  readonly connection: RecoveringConnection;
  /** Makes the log if it is missing. */
  readonly declare: (model: ChannelModel) => Promise<void>;
  /** Appends an empty record. */
  readonly mark: () => Promise<void>;
  readonly listener: (record: Buffer) => void;
  readonly fault: (message: string, error: unknown) => void;
}

/**
 * Reads the control log from its first record on, and after a lost connection from where it was. RabbitMQ reports the
 * length of a stream some seconds late. So a reader asks for the last record to know when it has read them all. Where there
 * is none, it appends an empty one and asks again.
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #caughtUp = Promise.withResolvers<undefined>();
  readonly #ended = new AbortController();
  /** The offset of the next record. */
  #next = 0;
  /** The last offset there was when the channel was opened. */
  #last = Infinity;
  #failures = 0;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#channel = new SupervisedChannel(options.connection, (model) => this.#open(model));
  }

  /** Resolves when every record that was there at the time was handed over, however long that takes. */
  async start(): Promise<void> {
    await this.#channel.start();
    await this.#caughtUp.promise;
  }

  async end(): Promise<void> {
    this.#ended.abort();
    this.#caughtUp.resolve(undefined);
    await this.#channel.end();
  }

  async #open(model: ChannelModel): Promise<Channel> {
    if (this.#failures > 0) await sleep(retryMs(this.#failures), this.#ended.signal);
    try {
      const channel = await this.#read(model);
      this.#failures = 0;
      return channel;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === FAILURES_MAX) this.#options.fault(`RabbitMQ does not let "${CONTROL_LOG}" be read`, error);
      // Another node may have a replica of it.
      model.close().catch(() => undefined);
      throw error;
    }
  }

  async #read(model: ChannelModel): Promise<Channel> {
    await this.#options.declare(model);
    const channel = await openChannel(model);
    try {
      await answerTo("setting the prefetch", channel.prefetch(PREFETCH));
      this.#last = await lastOffset(channel, CONTROL_LOG, async () => {
        await this.#options.mark();
        return "wait";
      });
      if (this.#last < this.#next - 1) this.#replaced();
      await readStream(channel, CONTROL_LOG, this.#next === 0 ? "first" : this.#next, randomUUID(), (message) =>
        this.#receive(channel, message),
      );
      this.#tellCaughtUp();
      return channel;
    } catch (error) {
      void closeChannel(channel);
      throw error;
    }
  }

  #receive(channel: Channel, message: ConsumeMessage | null): void {
    // The log was deleted: a new channel makes another.
    if (message === null) return void channel.close().catch(() => undefined);
    channel.ack(message);
    const offset = offsetOf(message);
    if (offset < this.#next) return;
    this.#next = offset + 1;
    if (message.content.length > 0) this.#options.listener(message.content);
    this.#tellCaughtUp();
  }

  #tellCaughtUp(): void {
    if (this.#next > this.#last) this.#caughtUp.resolve(undefined);
  }

  #replaced(): void {
    this.#next = 0;
    const what = `"${CONTROL_LOG}" was deleted and made again: its records are known only to routers that have read them`;
    this.#options.fault(what, undefined);
  }
}
