import { partitionKeyOf } from "../../../domain/stream/stream.ts";
import type { StreamedRecord, StreamReader, StreamStart } from "../../../ports/broker/streams.ts";
import type { BrokerThread } from "../broker/broker-thread.ts";
import type { ArchivedRow } from "./archive-protocol.ts";

/** Reads the streams in the broker's file. All that is written to them goes through this process. */
export class SqliteStreams implements StreamReader {
  readonly #client: BrokerThread;
  /** Who waits for a stream's next record. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(client: BrokerThread) {
    this.#client = client;
  }

  /** Says that something was stored, in streams or elsewhere. */
  stored(queues: Iterable<string>): void {
    if (this.#waiting.size === 0) return;
    for (const queue of new Set(queues)) for (const wake of this.#waiting.get(queue) ?? []) wake();
  }

  async end(stream: string): Promise<number | undefined> {
    return (await this.#client.call("archiveExtent", [stream]))?.end;
  }

  async read(
    stream: string,
    start: StreamStart,
    listener: (records: readonly StreamedRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let next = await this.#begin(stream, start);
    while (!signal.aborted) {
      // Before the reading, so that what is stored meanwhile is not missed.
      const arrival = this.#arrival(stream, AbortSignal.any([signal, this.#client.ended]));
      try {
        const rows = await this.#client.call("archiveSlice", [stream, next, Number.MAX_SAFE_INTEGER]);
        if (rows === undefined) throw noStream(stream);
        const last = rows.at(-1);
        if (last === undefined) await arrival.promise;
        else {
          await listener(rows.map((row) => streamedRecord(stream, row)));
          next = last.position + 1;
        }
      } finally {
        arrival.forget();
      }
    }
  }

  async #begin(stream: string, start: StreamStart): Promise<number> {
    if (start.kind === "oldest") return 0;
    if (start.kind === "offset") return start.offset;
    const place = await this.#client.call("archiveSince", [stream, start.atMs]);
    if (place === undefined) throw noStream(stream);
    return place;
  }

  #arrival(stream: string, over: AbortSignal): { readonly promise: Promise<unknown>; readonly forget: () => void } {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => resolve(undefined);
    const waiting = this.#waiting.get(stream) ?? new Set();
    this.#waiting.set(stream, waiting.add(wake));
    over.addEventListener("abort", wake, { once: true });
    const forget = (): void => {
      over.removeEventListener("abort", wake);
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(stream) === waiting) this.#waiting.delete(stream);
    };
    return { promise, forget };
  }
}

function streamedRecord(
  stream: string,
  { position, at_ms: atMs, partition_key: key, body }: ArchivedRow,
): StreamedRecord {
  return {
    offset: position,
    atMs,
    partitionKey: partitionKeyOf(key ?? stream),
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  };
}

function noStream(stream: string): Error {
  return new Error(`there is no stream "${stream}"`);
}
