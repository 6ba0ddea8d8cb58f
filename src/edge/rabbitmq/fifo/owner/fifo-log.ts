import { randomUUID } from "node:crypto";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { z } from "zod";
import { Changes } from "../../../../async/changes.ts";
import { TimeLimitError, within } from "../../../../async/time-limit.ts";
import { FIFO_LOG } from "../../../../domain/queue/queues.ts";
import { parseJson } from "../../../../json/json.ts";
import { closeChannel, openChannel } from "../../connection/channels.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { answerTo } from "../../connection/rpc.ts";
import { SupervisedChannel } from "../../connection/supervised-channel.ts";
import { RabbitMqPublisher } from "../../publishing/publisher.ts";
import { declareStream, offsetOf, readStream } from "../../streams/stream.ts";
import { LEASE } from "../routers/fifo-messages.ts";

/** Twice as long as deduplication lasts: clocks of routers differ. */
const READ_MS = 600_000;
const PREFETCH = 1_000;
const CATCH_UP_MS = 30_000;
/** How long a receive waits for a connection that was lost. */
const OPENING_MS = 3_000;

const schema = z.discriminatedUnion("type", [
  /** A message is deleted: `message` is its fingerprint, and `sent` what later ones are deduplicated by. */
  z.object({
    type: z.literal("deleted"),
    queue: z.string(),
    message: z.string(),
    sent: z.object({ key: z.string(), id: z.string(), sequenceNumber: z.string(), sentAtMs: z.number() }).optional(),
  }),
  z.object({ type: z.literal("cleared"), queue: z.string(), atMs: z.number() }),
  /** What an owner that stops has handed out. */
  z.object({ type: z.literal("leases"), leases: z.array(LEASE) }),
  z.object({ type: z.literal("mark"), mark: z.string() }),
]);

export type FifoRecord = z.output<typeof schema>;

/**
 * What of FIFO queues must survive every router: a stream of what was deleted in the last minutes. A message is deleted once
 * that is appended; its ack only makes room. Every router reads the stream, so that one that becomes an owner knows what was
 * deleted, and what was sent before.
 */
export class FifoLog {
  readonly #publisher: RabbitMqPublisher;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #listener: (record: FifoRecord) => void;
  readonly #marks = new Map<string, () => void>();
  readonly #opened = new Changes();
  readonly #catchUpMs: number;
  #next: number | undefined;
  /** What it was read to the end over. While that is open, each record comes as it is appended. */
  #current: Channel | undefined;

  /**
   * @param connection carries nothing else: RabbitMQ closes the whole connection of who reads a stream that is not quite there.
   * @param catchUpMs how long `caughtUp` waits.
   */
  constructor(connection: RecoveringConnection, listener: (record: FifoRecord) => void, catchUpMs = CATCH_UP_MS) {
    this.#catchUpMs = catchUpMs;
    this.#listener = listener;
    this.#publisher = new RabbitMqPublisher(
      connection,
      (model) => declareLog(model),
      () => undefined,
    );
    this.#channel = new SupervisedChannel(
      connection,
      (model) => this.#read(model),
      () => Promise.resolve(this.#opened.tell()),
    );
  }

  async start(): Promise<void> {
    await Promise.all([this.#publisher.start(), this.#channel.start()]);
  }

  async end(): Promise<void> {
    await this.#channel.end();
    await this.#publisher.end();
  }

  /** Resolves when all are durable. @throws PublishError */
  async append(records: readonly FifoRecord[]): Promise<void> {
    if (records.length === 0) return;
    const options = { persistent: true, mandatory: true };
    await this.#publisher.publish(
      records.map((record) => ({
        exchange: "",
        routingKey: FIFO_LOG,
        body: Buffer.from(JSON.stringify(record)),
        options: { ...options, messageId: randomUUID() },
      })),
    );
  }

  /** Resolves when everything was read that anybody has appended before. @throws PublishError, TimeLimitError */
  async caughtUp(): Promise<void> {
    const mark = randomUUID();
    const [before, channel] = [this.#next, this.#channel.current];
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#marks.set(mark, () => resolve(undefined));
    try {
      await this.append([{ type: "mark", mark }]);
      await within(this.#catchUpMs, `reading stream "${FIFO_LOG}" to its end`, promise);
      this.#current = channel;
    } catch (error) {
      if (error instanceof TimeLimitError && this.#next === before) this.#readAnew();
      throw error;
    } finally {
      this.#marks.delete(mark);
    }
  }

  /**
   * Resolves when nothing was missed of what anybody has appended before, some milliseconds ago at most: at once, unless the channel was lost
   * since it was last read to its end.
   *
   * @throws PublishError, TimeLimitError
   */
  async current(): Promise<void> {
    if (this.#channel.current === undefined) await this.#opened.next(OPENING_MS);
    if (this.#channel.current === undefined || this.#channel.current !== this.#current) await this.caughtUp();
  }

  async #read(model: ChannelModel): Promise<Channel> {
    await declareLog(model);
    const channel = await openChannel(model);
    await answerTo("setting the prefetch", channel.prefetch(PREFETCH));
    const since = { "!": "timestamp", value: Math.floor((Date.now() - READ_MS) / 1_000) } as const;
    await readStream(channel, FIFO_LOG, this.#next ?? since, randomUUID(), (message) => this.#hear(channel, message));
    return channel;
  }

  /**
   * RabbitMQ may have lost the stream while this router was away. An offset beyond the end of the one that was made since
   * is waited for.
   */
  #readAnew(): void {
    this.#next = undefined;
    const channel = this.#channel.current;
    if (channel !== undefined) void closeChannel(channel);
  }

  #hear(channel: Channel, message: ConsumeMessage | null): void {
    // The stream was deleted: a new channel makes another.
    if (message === null) {
      this.#next = undefined;
      return void channel.close().catch(() => undefined);
    }
    channel.ack(message);
    const offset = offsetOf(message);
    if (this.#next !== undefined && offset < this.#next) return;
    this.#next = offset + 1;
    const record = schema.safeParse(parseJson(message.content.toString("utf8"))).data;
    if (record === undefined) return;
    if (record.type === "mark") this.#marks.get(record.mark)?.();
    else this.#listener(record);
  }
}

async function declareLog(model: ChannelModel): Promise<void> {
  await declareStream(model, FIFO_LOG, { ageMsMax: READ_MS });
}
