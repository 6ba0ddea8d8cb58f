import { randomUUID } from "node:crypto";
import type { ChannelModel } from "amqplib";
import { TimeLimitError, within } from "../../../async/time-limit.ts";
import { JOURNAL } from "../../../domain/queue/queues.ts";
import type { JournalBounds, JournalWriter } from "../../../ports/journal.ts";
import { JOURNAL_FRAME_BYTES_MAX } from "../../../ports/journal.ts";
import type { PublishFailureReason } from "../../../ports/publisher.ts";
import { PublishError } from "../../../ports/publisher.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import type { Server } from "../connection/server.ts";
import { RabbitMqPublisher } from "../publishing/publisher.ts";
import { JournalFailures } from "./journal-failures.ts";
import { beginJournalConnection, declareJournal } from "./journal-stream.ts";

const APPEND_TIMEOUT_MS = 5_000;

export interface RabbitMqJournalOptions extends Server {
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

  constructor(connection: RecoveringConnection, options: RabbitMqJournalOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#failures = new JournalFailures(options.fault);
    this.#publisher = new RabbitMqPublisher(
      connection,
      (model) => this.#makeStream(model),
      () => undefined,
      (error) => {
        this.#failures.failed(`RabbitMQ does not let "${JOURNAL}" be written`, error);
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

  #publish(body: Buffer): Promise<void> {
    const options = { messageId: randomUUID(), persistent: true, mandatory: true };
    return this.#publisher.publish([{ exchange: "", routingKey: JOURNAL, body, options }]);
  }

  async #makeStream(model: ChannelModel): Promise<void> {
    try {
      await declareJournal(model, this.#options, this.#options.bounds);
    } catch (error) {
      if (this.#connection.model === model) this.#failures.failed(`RabbitMQ does not let "${JOURNAL}" be made`, error);
      throw error;
    }
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
