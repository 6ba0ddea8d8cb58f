import type { ArchiveExtent } from "../../../ports/broker/archive.ts";

/** An event of an archive, or a record of a stream, on its way to the main thread. */
export interface ArchivedRow {
  readonly position: number;
  readonly at_ms: number;
  readonly partition_key: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What the broker's thread does about archives. Each answers undefined where there is no such stream. */
export interface ArchiveOperations {
  archiveExtent(stream: string): ArchiveExtent | undefined;
  archiveSince(stream: string, atMs: number): number | undefined;
  /** The next events of a range: some of them where they are many. */
  archiveSlice(stream: string, from: number, to: number): readonly ArchivedRow[] | undefined;
  /** Deletes a piece of a stream, and in the end the stream. Returns whether there is more of it. */
  removeArchiveSlice(stream: string): boolean;
}
