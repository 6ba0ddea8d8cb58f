import type { Config } from "../../domain/config.ts";
import type { ArchivedEvent, ArchiveExtent, ArchiveReader } from "../../ports/broker/archive.ts";
import type { KnownStreams } from "./known-streams.ts";
import type { NumberedStream } from "./stream-record.ts";

/**
 * Places of one stream are below this, so that a place in an archive is its stream's number times this and the place in
 * the stream, below 2^53 for 1,000 streams. RabbitMQ has 16 places for each message: 550,000 million messages in a stream.
 */
const PLACES_MAX = 2 ** 43;
const DAY_MS = 86_400_000;

export interface ArchiveReadingOptions {
  /** Of single streams. */
  readonly streams: ArchiveReader;
  readonly known: KnownStreams;
  readonly config: () => Config;
  readonly nowMs: () => number;
}

/** Reads archives by their names: all the streams that they have had as one, and nothing older than the retention. */
export class ArchiveReading implements ArchiveReader {
  readonly #options: ArchiveReadingOptions;

  constructor(options: ArchiveReadingOptions) {
    this.#options = options;
  }

  async extent(archive: string): Promise<ArchiveExtent | undefined> {
    const { streams } = this.#options;
    const extents: ArchiveExtent[] = [];
    for (const { number, stream } of this.#streamsOf(archive)) {
      const extent = await streams.extent(stream);
      if (extent !== undefined) extents.push(shifted(extent, number));
    }
    const whole = extents.reduce<ArchiveExtent | undefined>(joined, undefined);
    if (whole?.times === undefined) return whole;
    const { firstMs, lastMs } = whole.times;
    return { ...whole, times: { firstMs: Math.max(firstMs, this.#oldestMs(archive)), lastMs } };
  }

  async since(archive: string, atMs: number): Promise<number | undefined> {
    const { streams } = this.#options;
    let end: number | undefined;
    for (const { number, stream } of this.#streamsOf(archive)) {
      const [place, extent] = [await streams.since(stream, atMs), await streams.extent(stream)];
      if (place === undefined || extent === undefined) continue;
      if (place < extent.end) return placeOf(number, place);
      end = placeOf(number, extent.end);
    }
    return end;
  }

  async read(
    archive: string,
    range: { readonly from: number; readonly to: number },
    listener: (events: readonly ArchivedEvent[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const all = this.#streamsOf(archive);
    if (all.length === 0) throw new Error(`there is no archive "${archive}"`);
    for (const stream of all) {
      if (signal?.aborted === true) return;
      await this.#readStream(archive, stream, range, listener, signal);
    }
  }

  async #readStream(
    archive: string,
    { number, stream }: NumberedStream,
    { from, to }: { readonly from: number; readonly to: number },
    listener: (events: readonly ArchivedEvent[]) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { streams } = this.#options;
    const wanted = { from: Math.max(0, from - placeOf(number, 0)), to: Math.min(PLACES_MAX, to - placeOf(number, 0)) };
    if (wanted.from >= wanted.to) return;
    const oldestMs = this.#oldestMs(archive);
    const kept = oldestMs === 0 ? 0 : await streams.since(stream, oldestMs);
    // One that is no more has nothing to hand over.
    if (kept === undefined || (await streams.extent(stream)) === undefined) return;
    const handOver = async (events: readonly ArchivedEvent[]): Promise<void> => {
      const shown = events.filter(({ atMs }) => atMs >= this.#oldestMs(archive));
      if (shown.length === 0) return;
      await listener(shown.map((event) => ({ ...event, position: placeOf(number, event.position) })));
    };
    await streams.read(stream, { from: Math.max(wanted.from, kept), to: wanted.to }, handOver, signal);
  }

  /** A deleted archive has none, though some may still be at the broker. @throws Error as long as the control log is read. */
  #streamsOf(archive: string): readonly NumberedStream[] {
    const { known } = this.#options;
    if (!known.isCaughtUp)
      throw new Error("which streams archives have is not known yet: the control log is being read");
    return known.deletedAtMs(archive) === undefined ? known.of(archive) : [];
  }

  /** What was accepted before that time is not handed out, whether it is still kept or not. Epoch milliseconds. */
  #oldestMs(archive: string): number {
    const days = this.#options.config().archives.get(archive)?.retention.days;
    return days === undefined ? 0 : this.#options.nowMs() - days * DAY_MS;
  }
}

function placeOf(number: number, place: number): number {
  return number * PLACES_MAX + place;
}

function shifted(extent: ArchiveExtent, number: number): ArchiveExtent {
  return { ...extent, first: placeOf(number, extent.first), end: placeOf(number, extent.end) };
}

function joined(before: ArchiveExtent | undefined, next: ArchiveExtent): ArchiveExtent {
  if (before?.times === undefined || next.times === undefined) {
    return before?.times === undefined ? next : { ...before, end: next.end };
  }
  return {
    first: before.first,
    end: next.end,
    events: before.events + next.events,
    bytes: before.bytes + next.bytes,
    times: {
      firstMs: Math.min(before.times.firstMs, next.times.firstMs),
      lastMs: Math.max(before.times.lastMs, next.times.lastMs),
    },
  };
}
