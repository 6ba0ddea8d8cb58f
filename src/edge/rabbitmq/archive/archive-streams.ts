import type { Channel, ConsumeMessage } from "amqplib";
import type { ArchivedEvent, ArchiveExtent, ArchiveStreams } from "../../../ports/broker/archive.ts";
import { CLOCKS_APART_MS } from "../../../ports/broker/archive.ts";
import { replyCode } from "../connection/channels.ts";
import type { OneOffChannel } from "../connection/one-off-channel.ts";
import { openOneOffChannel } from "../connection/one-off-channel.ts";
import { answerTo } from "../connection/rpc.ts";
import type { Server } from "../connection/server.ts";
import { readBeginning } from "../streams/stream-ends.ts";
import type { StreamOffset } from "../streams/stream.ts";
import { offsetOf } from "../streams/stream.ts";
import { archivedEvents, offsetsOf, placeAt } from "./archived-events.ts";
import type { OffsetRange } from "./archive-size.ts";
import { archiveSize, offsetsBetween } from "./archive-size.ts";
import { readRange } from "./read-range.ts";

/**
 * More messages than a chunk of a stream has: one that is not sent whole would hide its end. RabbitMQ lets each router
 * have a few hundred unconfirmed, and what it stores together is a chunk.
 */
const CHUNK_MESSAGES_MAX = 10_000;

/** The chunks at both ends of a stream, or what came of the first one. They may be the same. */
interface Ends {
  readonly oldest: readonly ConsumeMessage[];
  readonly newest: readonly ConsumeMessage[];
}

/**
 * The streams of archives on RabbitMQ, each of which is read on a connection of its own: RabbitMQ closes the whole
 * connection of who reads a stream that is not quite there. A message of a stream may be a pack of events
 * (docs/adr/0070-archived-events-of-one-put-are-one-message.md).
 */
export class RabbitMqArchives implements ArchiveStreams {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  extent(stream: string): Promise<ArchiveExtent | undefined> {
    return this.#onChannel(stream, async ({ channel }) => {
      const { oldest, newest } = await this.#ends(channel, stream);
      const all = rangeOf([...oldest, ...newest]);
      const between: (readonly ConsumeMessage[])[] = [];
      for (const offset of offsetsBetween({ from: rangeOf(oldest).to, to: rangeOf(newest).from }))
        between.push(await this.#someFrom(channel, stream, offset));
      const times = [...oldest, ...newest].flatMap(archivedEvents).map(({ atMs }) => atMs);
      return {
        ...placesOf({ oldest, newest }),
        ...archiveSize([...oldest, ...newest], between, all),
        ...(times.length === 0 ? {} : { times: { firstMs: Math.min(...times), lastMs: Math.max(...times) } }),
      };
    });
  }

  since(stream: string, atMs: number): Promise<number | undefined> {
    return this.#onChannel(stream, async ({ channel }) => {
      const value = Math.max(0, Math.floor((atMs - CLOCKS_APART_MS) / 1_000));
      const [found] = await this.#someFrom(channel, stream, { "!": "timestamp", value });
      return found === undefined ? placesOf(await this.#ends(channel, stream)).end : placeAt(offsetOf(found));
    });
  }

  async read(
    stream: string,
    { from, to }: { readonly from: number; readonly to: number },
    listener: (events: readonly ArchivedEvent[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const kept = await this.#onChannel(stream, async ({ channel }) => placesOf(await this.#ends(channel, stream)));
    if (kept === undefined) throw new Error(`there is no archive stream "${stream}"`);
    const range = { from: Math.max(from, kept.first), to: Math.min(to, kept.end) };
    if (range.from >= range.to) return;
    const handOver = async (messages: readonly ConsumeMessage[]): Promise<void> => {
      const events = messages.flatMap(archivedEvents);
      const wanted = events.filter(({ position }) => position >= range.from && position < range.to);
      if (wanted.length > 0) await listener(wanted);
    };
    await readRange(() => openOneOffChannel(this.#server), stream, offsetsOf(range), handOver, signal);
  }

  async remove(stream: string): Promise<void> {
    await this.#onChannel(stream, async ({ channel }) => {
      await answerTo(`deleting stream "${stream}"`, channel.deleteQueue(stream));
    });
  }

  async #ends(channel: Channel, stream: string): Promise<Ends> {
    await answerTo("setting the prefetch", channel.prefetch(CHUNK_MESSAGES_MAX));
    const newest = await readBeginning(channel, stream, "last");
    const oldest = newest.length === 0 ? [] : await this.#someFrom(channel, stream, "first");
    return { oldest, newest };
  }

  async #someFrom(channel: Channel, stream: string, from: StreamOffset): Promise<readonly ConsumeMessage[]> {
    await answerTo("setting the prefetch", channel.prefetch(1));
    return await readBeginning(channel, stream, from);
  }

  /** Undefined when there is no such stream. */
  async #onChannel<T>(stream: string, use: (oneOff: OneOffChannel) => Promise<T>): Promise<T | undefined> {
    const oneOff = await openOneOffChannel(this.#server);
    try {
      await answerTo("a passive declare", oneOff.channel.checkQueue(stream));
      return await use(oneOff);
    } catch (error) {
      if (replyCode(error) === 404) return undefined;
      throw oneOff.closedBecause() ?? error;
    } finally {
      await oneOff.close();
    }
  }
}

/** The offsets from the first message up to the last one. */
function rangeOf(messages: readonly ConsumeMessage[]): OffsetRange {
  const offsets = messages.map(offsetOf);
  return offsets.length === 0 ? { from: 0, to: 0 } : { from: Math.min(...offsets), to: Math.max(...offsets) + 1 };
}

/** The places from the first event up to the last one. */
function placesOf({ oldest, newest }: Ends): { readonly first: number; readonly end: number } {
  const { from, to } = rangeOf([...oldest, ...newest]);
  const last = newest.find((message) => offsetOf(message) === to - 1);
  const end = (last === undefined ? undefined : archivedEvents(last).at(-1)?.position) ?? -1;
  return { first: placeAt(from), end: end + 1 };
}
