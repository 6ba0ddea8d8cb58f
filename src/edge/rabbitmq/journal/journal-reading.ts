import { randomUUID } from "node:crypto";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { sleep } from "../../../async/sleep.ts";
import { waitFor } from "../../../async/time-limit.ts";
import { JOURNAL } from "../../../domain/queue/queues.ts";
import type { JournalReading, JournalStart } from "../../../ports/journal.ts";
import { closeChannel, openChannel, replyCode } from "../connection/channels.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import { answerTo } from "../connection/rpc.ts";
import { SupervisedChannel } from "../connection/supervised-channel.ts";
import type { StreamOffset } from "../streams/stream.ts";
import { offsetOf, readStream } from "../streams/stream.ts";
import { lastOffset } from "../streams/stream-ends.ts";
import type { HandoverOptions } from "./frame-handover.ts";
import { FrameHandover } from "./frame-handover.ts";
import { JournalFailures } from "./journal-failures.ts";
import { isLasting, NoStreamError } from "./journal-stream.ts";

/** Frames on their way to us at once, 16 MiB at most. 3.10 sends a chunk of the stream whole, which may be more of them. */
const PREFETCH = 16;
/** A frame that is kept comes sooner than this. */
const SILENCE_MS = 1_000;
/** A reading is begun anew at most this often. */
const REOPEN_MS = 1_000;
/**
 * A reading in which nothing comes for so long is begun anew. Now and then RabbitMQ sends nothing more to a reader whose
 * segment of the stream was deleted meanwhile: to 2 of 40, on 3.10 and on 4.3.
 */
const IDLE_MS = 5_000;
/**
 * RabbitMQ takes an offset for itself at the beginning of a segment (measured on 3.10 and 4.3). So a frame may stand
 * two behind the one before it.
 */
const STEP_MAX = 2;

export interface JournalReadingOptions extends Omit<HandoverOptions, "failed"> {
  readonly connection: RecoveringConnection;
  readonly start: JournalStart;
  readonly fault: (message: string, error: unknown) => void;
}

/** A frame that was read. Its id is unknown when it was read by an earlier process. */
interface LastFrame {
  readonly offset: number;
  readonly id?: unknown;
}

/**
 * One reading of the journal's stream, which goes on over lost connections. A new channel begins with the last frame
 * that came: when that comes again, it is the same stream and nothing is missing. RabbitMQ stays silent when asked for
 * an offset that a stream has not reached.
 */
export class RabbitMqJournalReading implements JournalReading {
  readonly #options: JournalReadingOptions;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #handover: FrameHandover;
  readonly #ended = new AbortController();
  #last: LastFrame | undefined;
  /** Where to begin as long as there is no last frame. */
  #from: StreamOffset = "first";
  #isBehindGap = false;
  readonly #failures: JournalFailures;
  /** Whose frames count. What still comes over another one is of no use. */
  #reading: Channel | undefined;
  #idle: NodeJS.Timeout | undefined;
  #openedAtMs = -Infinity;

  constructor(options: JournalReadingOptions) {
    const { connection, start, listener, onLost, fault } = options;
    this.#options = options;
    if (start.kind === "after") this.#last = { offset: start.position };
    if (start.kind === "time") this.#from = { "!": "timestamp", value: Math.floor(start.atMs / 1_000) };
    const failed = (error: unknown): void => fault("what reads the journal failed", error);
    this.#handover = new FrameHandover({ listener, onLost, failed });
    this.#failures = new JournalFailures(fault);
    this.#channel = new SupervisedChannel(connection, (model) => this.#open(model));
  }

  start(): void {
    void this.#channel.start();
  }

  async end(): Promise<void> {
    this.#ended.abort();
    this.#reading = undefined;
    clearTimeout(this.#idle);
    await Promise.all([this.#channel.end(), this.#handover.end()]);
  }

  async #open(model: ChannelModel): Promise<Channel> {
    const sinceOpenedMs = performance.now() - this.#openedAtMs;
    await sleep(Math.max(this.#failures.pauseMs, REOPEN_MS - sinceOpenedMs, 0), this.#ended.signal);
    // A slow listener holds the frames of one channel at a time.
    await this.#handover.idle();
    this.#openedAtMs = performance.now();
    try {
      return await this.#openOnceMade(model);
    } catch (error) {
      if (this.#options.connection.model !== model || this.#ended.signal.aborted) throw error;
      this.#failed(error);
      // Another node may have a replica of it.
      if (!isLasting(error)) model.close().catch(() => undefined);
      throw error;
    }
  }

  /** Tries until there is a stream, as long as the connection stands. */
  async #openOnceMade(model: ChannelModel): Promise<Channel> {
    for (;;) {
      const channel = await openChannel(model);
      try {
        await answerTo("setting the prefetch", channel.prefetch(PREFETCH));
        if (await this.#read(model, channel)) return channel;
        void closeChannel(channel);
      } catch (error) {
        void closeChannel(channel);
        if (replyCode(error) !== 404 || this.#ended.signal.aborted) throw error;
        await sleep(REOPEN_MS, this.#ended.signal);
      }
    }
  }

  /** Begins to read. Resolves with false when it is another stream, to be read from its beginning. */
  async #read(model: ChannelModel, channel: Channel): Promise<boolean> {
    this.#reading = channel;
    clearTimeout(this.#idle);
    const last = this.#last;
    const { promise: heard, resolve } = Promise.withResolvers<true>();
    await readStream(channel, JOURNAL, last?.offset ?? this.#from, randomUUID(), (message) => {
      resolve(true);
      if (channel === this.#reading) this.#receive(channel, message);
    });
    if (last === undefined || (await waitFor(heard, SILENCE_MS))) {
      this.#idle = setTimeout(() => this.#abandon(channel), IDLE_MS).unref();
      return true;
    }
    if ((await lastFrame(model)) >= last.offset) throw new Error(`"${JOURNAL}" does not give its frame ${last.offset}`);
    this.#replaced();
    return false;
  }

  #receive(channel: Channel, message: ConsumeMessage | null): void {
    // The stream was deleted: the next channel waits for another.
    if (message === null) return this.#abandon(channel);
    const offset = offsetOf(message);
    if (Number.isNaN(offset)) {
      this.#failed(new NoStreamError(JOURNAL));
      return this.#abandon(channel);
    }
    this.#failures.end();
    this.#idle?.refresh();
    const last = this.#last;
    const id: unknown = message.properties.messageId;
    if (last !== undefined && offset <= last.offset) {
      const isSame = offset === last.offset && (last.id === undefined || id === last.id);
      if (isSame) return ack(channel, message, false);
      this.#replaced();
      return this.#abandon(channel);
    }
    const isBehindGap = this.#isBehindGap || (last !== undefined && offset > last.offset + STEP_MAX);
    this.#isBehindGap = false;
    this.#last = { offset, id };
    const frame = { position: offset, bytes: message.content };
    this.#handover.add({ frame, isBehindGap, ack: () => ack(channel, message, true) });
  }

  /** The next channel reads another stream from its beginning. */
  #replaced(): void {
    this.#last = undefined;
    this.#from = "first";
    this.#isBehindGap = true;
  }

  #abandon(channel: Channel): void {
    if (this.#reading === channel) this.#reading = undefined;
    void closeChannel(channel);
  }

  #failed(error: unknown): void {
    this.#failures.failed(`RabbitMQ does not let "${JOURNAL}" be read`, error);
  }
}

/** The offset of the stream's last frame; -1 when it has none. */
async function lastFrame(model: ChannelModel): Promise<number> {
  const channel = await openChannel(model);
  try {
    await answerTo("setting the prefetch", channel.prefetch(1));
    return await lastOffset(channel, JOURNAL);
  } finally {
    await closeChannel(channel);
  }
}

/** Acks a message, with `allBefore` those before it, too. A closed channel needs none. */
function ack(channel: Channel, message: ConsumeMessage, allBefore: boolean): void {
  try {
    channel.ack(message, allBefore);
  } catch {
    // amqplib throws where the channel is closed.
  }
}
