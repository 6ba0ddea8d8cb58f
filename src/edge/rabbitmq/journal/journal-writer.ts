import { randomUUID } from "node:crypto";
import type { ChannelModel } from "amqplib";
import { TimeLimitError, within } from "../../../async/time-limit.ts";
import type { JournalBounds, JournalWriter } from "../../../ports/journal.ts";
import { JOURNAL_FRAME_BYTES_MAX } from "../../../ports/journal.ts";
import type { PublishFailureReason } from "../../../ports/broker/publisher.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import type { Server } from "../connection/server.ts";
import { RabbitMqPublisher } from "../publishing/publisher.ts";
import { JournalFailures } from "./journal-failures.ts";
import { beginJournalConnection, declareJournal, NoStreamError } from "./journal-stream.ts";

const APPEND_TIMEOUT_MS = 5_000;
/**
 * How often the stream is declared again while it is written. A queue that has taken the name of a deleted stream
 * confirms frames as well, and nobody ever takes them out of it.
 */
const DECLARE_AGAIN_MS = 5_000;

export interface RabbitMqJournalOptions extends Server {
  /** The stream of the frames. */
  readonly stream: string;
  /** What the stream is made with. One that exists is used as it is. */
  readonly bounds: JournalBounds;
  /** Called when RabbitMQ lets nobody make or write the stream, and not again before a frame was kept. */
  readonly fault: (message: string, error: unknown) => void;
}

/** Opens a writer of the journal, whether RabbitMQ is there or not. It connects in the background. */
export async function openRabbitMqJournalWriter(options: RabbitMqJournalOptions): Promise<JournalWriter> {
  const writer = new RabbitMqJournalWriter(await beginJournalConnection(options), options);
  writer.start();
  return writer;
}

/**
 * Publishes frames to the stream. The stream is made before the channel is opened, and again when a frame comes back
 * because it is gone. What RabbitMQ refuses is tried again after growing pauses; frames are refused until then.
 */
class RabbitMqJournalWriter implements JournalWriter {
  readonly #connection: RecoveringConnection;
  readonly #options: RabbitMqJournalOptions;
  readonly #publisher: RabbitMqPublisher;
  readonly #failures: JournalFailures;
  /** Until then nothing is written. By `performance.now()`. */
  #pausedUntilMs = 0;
  /** When the stream is to be declared again, by `performance.now()`. */
  #declareAtMs = 0;
  #declaring: Promise<void> | undefined;

  constructor(connection: RecoveringConnection, options: RabbitMqJournalOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#failures = new JournalFailures(options.fault);
    this.#publisher = new RabbitMqPublisher(
      connection,
      (model) => this.#makeStream(model),
      () => undefined,
      (error) => {
        this.#failures.failed(`RabbitMQ does not let "${options.stream}" be written`, error);
        this.#pause();
      },
    );
  }

  start(): void {
    void this.#publisher.start();
  }

  async append(frame: Buffer): Promise<void> {
    if (frame.length > JOURNAL_FRAME_BYTES_MAX) throw refusal("unstorable");
    if (performance.now() < this.#pausedUntilMs) throw refusal("refused");
    try {
      await within(APPEND_TIMEOUT_MS, "writing to the journal", this.#append(frame));
    } catch (error) {
      throw error instanceof TimeLimitError ? refusal("timeout", error) : error;
    }
    this.#failures.end();
  }

  async close(): Promise<void> {
    await this.#publisher.end();
    await this.#connection.close();
  }

  async #append(frame: Buffer): Promise<void> {
    const { model: current } = this.#connection;
    const isDue = performance.now() >= this.#declareAtMs && this.#publisher.state === "connected";
    if (isDue && current !== undefined) {
      this.#declaring ??= this.#declareAgain(current).finally(() => (this.#declaring = undefined));
    }
    // Those that come meanwhile wait as well, or they would be written to whatever has the name.
    if (this.#declaring !== undefined) await this.#declaring;
    try {
      await this.#publish(frame);
    } catch (error) {
      const { model } = this.#connection;
      if (!isMissing(error) || model === undefined) throw error;
      await this.#makeStream(model).catch((cause: unknown) => {
        this.#pause();
        throw refusal("refused", cause);
      });
      await this.#publish(frame);
    }
  }

  async #makeStream(model: ChannelModel): Promise<void> {
    try {
      await this.#declare(model);
    } catch (error) {
      if (this.#connection.model === model) this.#failedToMake(error);
      throw error;
    }
  }

  /** Refuses frames when something else has taken the stream's name. Whatever else RabbitMQ refuses, the stream may be there. */
  async #declareAgain(model: ChannelModel): Promise<void> {
    try {
      await this.#declare(model);
    } catch (error) {
      if (!(error instanceof NoStreamError)) return;
      this.#failedToMake(error);
      this.#declareAtMs = 0;
      this.#pause();
      throw refusal("refused", error);
    }
  }

  async #declare(model: ChannelModel): Promise<void> {
    this.#declareAtMs = performance.now() + DECLARE_AGAIN_MS;
    const isAsWanted = await declareJournal(model, this.#options, this.#options.stream, this.#options.bounds);
    // With other arguments each time would take a connection of its own.
    if (!isAsWanted) this.#declareAtMs = Infinity;
  }

  #failedToMake(error: unknown): void {
    this.#failures.failed(`RabbitMQ does not let "${this.#options.stream}" be made`, error);
  }

  #publish(body: Buffer): Promise<void> {
    const options = { messageId: randomUUID(), persistent: true, mandatory: true };
    return this.#publisher.publish([{ exchange: "", routingKey: this.#options.stream, body, options }]);
  }

  #pause(): void {
    this.#pausedUntilMs = performance.now() + this.#failures.pauseMs;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof PublishError && error.failures.some(({ reason }) => reason === "unroutable");
}

function refusal(reason: PublishFailureReason, cause?: unknown): PublishError {
  return new PublishError([{ index: 0, reason }], { cause });
}
