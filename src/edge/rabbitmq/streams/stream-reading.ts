import type { ConsumeMessage } from "amqplib";
import { countHeader } from "../../../domain/delivery/delivery-message.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";
import { partitionKeyOf } from "../../../domain/stream/stream.ts";
import { CLOCKS_APART_MS } from "../../../ports/broker/archive.ts";
import type { StreamedRecord, StreamReader, StreamStart } from "../../../ports/broker/streams.ts";
import { beginReading } from "./arrivals.ts";
import { replyCode } from "../connection/channels.ts";
import { openOneOffChannel } from "../connection/one-off-channel.ts";
import { answerTo } from "../connection/rpc.ts";
import type { Server } from "../connection/server.ts";
import { lastOffset } from "./stream-ends.ts";
import type { StreamOffset } from "./stream.ts";
import { offsetOf } from "./stream.ts";

/** Records on their way to us at once. */
const PREFETCH = 100;
/** More messages than a chunk has: one that is not sent whole would hide the stream's end. */
const CHUNK_MESSAGES_MAX = 10_000;
/**
 * A reading in which nothing comes for so long is begun anew. Now and then RabbitMQ sends nothing more to a reader whose
 * segment of the stream was deleted meanwhile.
 */
const IDLE_MS = 30_000;

/**
 * Reads users' streams on RabbitMQ, each on a connection of its own: RabbitMQ closes the whole connection of who reads a
 * stream that is not quite there.
 */
export class RabbitMqStreams implements StreamReader {
  readonly #server: Server;
  readonly #clock: () => number;

  constructor(server: Server, clock: () => number) {
    this.#server = server;
    this.#clock = clock;
  }

  async end(stream: string): Promise<number | undefined> {
    const oneOff = await openOneOffChannel(this.#server);
    try {
      await answerTo("a passive declare", oneOff.channel.checkQueue(stream));
      await answerTo("setting the prefetch", oneOff.channel.prefetch(CHUNK_MESSAGES_MAX));
      return (await lastOffset(oneOff.channel, stream)) + 1;
    } catch (error) {
      if (replyCode(error) === 404) return undefined;
      throw oneOff.closedBecause() ?? error;
    } finally {
      await oneOff.close();
    }
  }

  async read(
    stream: string,
    start: StreamStart,
    listener: (records: readonly StreamedRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let from = start; !signal.aborted;) from = await this.#readOnce(stream, from, listener, signal);
  }

  /** Reads until the signal, or a silence. Resolves with where to go on. */
  async #readOnce(
    stream: string,
    start: StreamStart,
    listener: (records: readonly StreamedRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<StreamStart> {
    const oneOff = await openOneOffChannel(this.#server);
    try {
      const arrivals = await beginReading(oneOff, stream, { from: offsetAt(start), prefetch: PREFETCH });
      for (let from = start; ;) {
        const messages = await arrivals.take(IDLE_MS, signal);
        const last = messages.at(-1);
        if (last === undefined || signal.aborted) return from;
        // The chunk that a reading begins in is handed over whole.
        const wanted = messages.filter((message) => from.kind !== "offset" || offsetOf(message) >= from.offset);
        if (wanted.length > 0) await listener(wanted.map((message) => streamedRecord(message, this.#clock())));
        from = { kind: "offset", offset: offsetOf(last) + 1 };
        oneOff.channel.ack(last, true);
      }
    } catch (error) {
      throw oneOff.closedBecause() ?? error;
    } finally {
      await oneOff.close();
    }
  }
}

/** A chunk has the time of the broker's clock, which may be apart from that of who published. */
function offsetAt(start: StreamStart): StreamOffset {
  if (start.kind === "oldest") return "first";
  if (start.kind === "offset") return start.offset;
  return { "!": "timestamp", value: Math.max(0, Math.floor((start.atMs - CLOCKS_APART_MS) / 1_000)) };
}

function streamedRecord(message: ConsumeMessage, nowMs: number): StreamedRecord {
  const { content, properties, fields } = message;
  const headers: Readonly<Record<string, unknown>> = properties.headers ?? {};
  const key = headers[HEADER.partitionKey];
  const timestamp: unknown = properties.timestamp;
  const publishedMs =
    typeof timestamp === "number" && Number.isSafeInteger(timestamp * 1_000) ? timestamp * 1_000 : nowMs;
  return {
    offset: offsetOf(message),
    atMs: countHeader(headers[HEADER.firstAt], 0) ?? publishedMs,
    partitionKey: partitionKeyOf(typeof key === "string" ? key : fields.routingKey),
    body: content,
  };
}
