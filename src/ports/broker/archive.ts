/** An event as an archive keeps it. */
export interface ArchivedEvent {
  /** Its place in the archive. Places grow by the order of storing, with gaps, and are never given twice. */
  readonly position: number;
  /** When it was accepted, in epoch milliseconds, by the clock of the router that took it. */
  readonly atMs: number;
  /** The event as it was routed, in JSON. */
  readonly body: Buffer;
}

/**
 * What an archive keeps at a moment: places from `first`, all of them before `end`. They are equal in an empty one.
 * Everything that was confirmed before the call is before `end`.
 */
export interface ArchiveExtent {
  readonly first: number;
  readonly end: number;
  /** How many events, and bytes of their bodies. Exact on the embedded broker; RabbitMQ is estimated from a few events. */
  readonly events: number;
  readonly bytes: number;
  /** When the oldest and the newest event were accepted, in epoch milliseconds. Undefined in an empty archive. */
  readonly times?: { readonly firstMs: number; readonly lastMs: number };
}

/** The clocks of routers and brokers may differ by so much: `since` goes back so far. */
export const CLOCKS_APART_MS = 60_000;

/**
 * Reads what archives keep. They are written by `publish`, as every queue is.
 *
 * `flow/archive` reads an archive by its name, whatever its retention was in time. A broker reads one stream, by the
 * name that `archiveStream` gives it.
 */
export interface ArchiveReader {
  /** Undefined when the broker has no such archive. */
  extent(name: string): Promise<ArchiveExtent | undefined>;
  /**
   * From which place on everything stands that was accepted at a time, in epoch milliseconds, or later. Some events from
   * before may come first. Undefined when the broker has no such archive.
   */
  since(name: string, atMs: number): Promise<number | undefined>;
  /**
   * Hands over what is kept from a place up to another one, which is left out, in the order of storing. The next events
   * are only fetched when the promise of the listener has resolved. What was deleted meanwhile is left out. Resolves when
   * all were handed over, or when the signal says so.
   *
   * Rejects when the broker goes away, the archive does, or the listener rejects: go on behind the last event that was
   * handed over.
   */
  read(
    name: string,
    range: { readonly from: number; readonly to: number },
    listener: (events: readonly ArchivedEvent[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void>;
}

/** The streams of archives at a broker. `declare` makes them. */
export interface ArchiveStreams extends ArchiveReader {
  /** Deletes a stream with all that it keeps, if it is there. */
  remove(stream: string): Promise<void>;
}
