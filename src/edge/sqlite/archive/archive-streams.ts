import type { ArchivedEvent, ArchiveExtent, ArchiveStreams } from "../../../ports/broker/archive.ts";
import type { BrokerThread } from "../broker/broker-thread.ts";
import type { ArchivedRow } from "./archive-protocol.ts";

/** The streams of archives in the broker's file. */
export class SqliteArchives implements ArchiveStreams {
  readonly #client: BrokerThread;

  constructor(client: BrokerThread) {
    this.#client = client;
  }

  extent(stream: string): Promise<ArchiveExtent | undefined> {
    return this.#client.call("archiveExtent", [stream]);
  }

  since(stream: string, atMs: number): Promise<number | undefined> {
    return this.#client.call("archiveSince", [stream, atMs]);
  }

  async read(
    stream: string,
    { from, to }: { readonly from: number; readonly to: number },
    listener: (events: readonly ArchivedEvent[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    let next = from;
    while (signal?.aborted !== true) {
      const rows = await this.#client.call("archiveSlice", [stream, next, to]);
      if (rows === undefined) throw new Error(`there is no archive stream "${stream}"`);
      const last = rows.at(-1);
      if (last === undefined) return;
      await listener(rows.map(archivedEvent));
      next = last.position + 1;
    }
  }

  async remove(stream: string): Promise<void> {
    while (await this.#client.call("removeArchiveSlice", [stream]));
  }
}

function archivedEvent({ position, at_ms: atMs, body }: ArchivedRow): ArchivedEvent {
  return { position, atMs, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
}
