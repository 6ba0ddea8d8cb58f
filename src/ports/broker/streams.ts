/** A record as a stream keeps it. */
export interface StreamedRecord {
  /** Its place in the stream. Places grow by the order of storing, with gaps, and are never given twice. */
  readonly offset: number;
  /**
   * When it was accepted, in epoch milliseconds. A record of an AMQP publisher that does not say so, by `busbar-first-at` or
   * its timestamp, has the time at which it was read.
   */
  readonly atMs: number;
  /** Of the header `busbar-partition-key`. Without it: the routing key, which of a message that was sent to the stream is its name. */
  readonly partitionKey: string;
  readonly body: Buffer;
}

/** Where a reading of a stream begins. Records from somewhat before a time, in epoch milliseconds, may come first. */
export type StreamStart =
  | { readonly kind: "oldest" }
  | { readonly kind: "time"; readonly atMs: number }
  /** The record at this place, or the first one behind it that is kept. */
  | { readonly kind: "offset"; readonly offset: number };

/** Reads streams of users. They are written by `publish`, as every queue is, and by anybody else. */
export interface StreamReader {
  /** The place behind the last record; undefined when there is no such stream. Everything that was confirmed is before it. */
  end(stream: string): Promise<number | undefined>;
  /**
   * Hands over what is kept from a place on, and then what comes, in the order of storing. The next records are only handed
   * over when the promise of the listener has resolved, and few are fetched before. Resolves when the signal fires.
   *
   * Rejects when the broker goes away, when there is no such stream, or when the listener rejects: go on behind the last
   * record that was handed over.
   */
  read(
    stream: string,
    start: StreamStart,
    listener: (records: readonly StreamedRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}
