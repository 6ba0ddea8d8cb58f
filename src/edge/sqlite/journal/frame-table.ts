import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { JournalBounds, JournalFrame, JournalStart } from "../../../ports/journal.ts";

/** What is deleted at a time, and given back to the file system: a frame that is appended waits for no more. */
const DELETED_BYTES_MAX = 2 * 1024 * 1024;
const VACUUMED_PAGES = 256;
/** Pages that became free are used again. Only a file that is so much beyond its bound is made smaller. */
const FILE_SHARE_MAX = 9 / 8;

/** What is read at a time. */
const READ_BYTES_MAX = 1024 * 1024;
const READ_FRAMES_MAX = 100;

/** The statements that write the journal. */
export class FrameWriting {
  readonly #database: DatabaseSync;
  readonly #bounds: JournalBounds;
  readonly #statements;

  constructor(database: DatabaseSync, bounds: JournalBounds) {
    this.#database = database;
    this.#bounds = bounds;
    this.#statements = {
      append: database.prepare(`INSERT INTO frames (at_ms, bytes) VALUES (?, ?)`),
      oldest: database.prepare(`SELECT position, at_ms, length(bytes) AS length FROM frames ORDER BY position LIMIT 1`),
      remove: database.prepare(`DELETE FROM frames WHERE position = ?`),
      file: database.prepare(
        `SELECT page_count * page_size AS bytes, freelist_count * page_size AS free
           FROM pragma_page_count, pragma_page_size, pragma_freelist_count`,
      ),
    };
  }

  append(frame: Uint8Array, nowMs: number): void {
    this.#statements.append.run(nowMs, frame);
  }

  /** Deletes some of what is beyond the bounds, the oldest first. Returns whether more may be. */
  shorten(nowMs: number): boolean {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const mayBeMore = this.#deleteOldest(nowMs) || this.#shrinkFile();
      this.#database.exec("COMMIT");
      return mayBeMore;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #deleteOldest(nowMs: number): boolean {
    let deletedBytes = 0;
    while (deletedBytes < DELETED_BYTES_MAX) {
      const oldest = this.#statements.oldest.get();
      if (oldest === undefined || !this.#isBeyond(Number(oldest["at_ms"]), nowMs)) return false;
      this.#statements.remove.run(oldest["position"] as SQLInputValue);
      deletedBytes += Number(oldest["length"]);
    }
    return true;
  }

  #isBeyond(atMs: number, nowMs: number): boolean {
    const { bytesMax, ageMsMax = Infinity } = this.#bounds;
    const { bytes, free } = this.#file();
    return bytes - free > bytesMax || atMs < nowMs - ageMsMax;
  }

  #shrinkFile(): boolean {
    const { bytes, free } = this.#file();
    if (free === 0 || bytes <= this.#bounds.bytesMax * FILE_SHARE_MAX) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${VACUUMED_PAGES})`);
    return true;
  }

  #file(): { readonly bytes: number; readonly free: number } {
    const row = this.#statements.file.get();
    return { bytes: Number(row?.["bytes"]), free: Number(row?.["free"]) };
  }
}

/** Some frames in their order. */
export interface FrameSlice {
  readonly frames: readonly { readonly position: JournalFrame["position"]; readonly bytes: Uint8Array }[];
  /** Where to read on: behind this one. */
  readonly position: number;
  /** Whether frames before these were deleted that the reader has not got. */
  readonly isBehindGap: boolean;
}

/** The statements that read the journal. */
export class FrameReading {
  readonly #database: DatabaseSync;
  readonly #statements;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = {
      version: database.prepare(`PRAGMA data_version`),
      oldest: database.prepare(`SELECT min(position) AS position FROM frames`),
      newestEver: database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'frames'`),
      since: database.prepare(`SELECT position FROM frames WHERE at_ms >= ? ORDER BY at_ms, position LIMIT 1`),
      after: database.prepare(`SELECT position, bytes FROM frames WHERE position > ? ORDER BY position LIMIT ?`),
    };
  }

  /** Another number when another connection has changed the file. */
  get version(): number {
    return Number(this.#statements.version.get()?.["data_version"]);
  }

  /** The next frames: 1 MiB, or the one that exceeds it. All statements see the same state of the file. */
  read(start: JournalStart): FrameSlice {
    this.#database.exec("BEGIN");
    try {
      const { after, isBehindGap } = this.#locate(start);
      const frames = this.#after(after);
      return { frames, position: frames.at(-1)?.position ?? after, isBehindGap };
    } finally {
      this.#database.exec("COMMIT");
    }
  }

  /** Behind which position to read. Positions have no gaps, so those before the oldest were deleted. */
  #locate(start: JournalStart): { readonly after: number; readonly isBehindGap: boolean } {
    const newest = Number(this.#statements.newestEver.get()?.["seq"] ?? 0);
    const beforeOldest = Number(this.#statements.oldest.get()?.["position"] ?? newest + 1) - 1;
    if (start.kind === "oldest") return { after: beforeOldest, isBehindGap: false };
    if (start.kind === "time") {
      const since = this.#statements.since.get(start.atMs)?.["position"] ?? newest + 1;
      return { after: Number(since) - 1, isBehindGap: false };
    }
    // A journal that has not come so far yet is another one.
    if (start.position > newest) return { after: beforeOldest, isBehindGap: true };
    return { after: Math.max(start.position, beforeOldest), isBehindGap: start.position < beforeOldest };
  }

  #after(position: number): FrameSlice["frames"] {
    const frames: FrameSlice["frames"][number][] = [];
    let bytes = 0;
    for (const row of this.#statements.after.iterate(position, READ_FRAMES_MAX)) {
      const frame = row as unknown as FrameSlice["frames"][number];
      frames.push(frame);
      bytes += frame.bytes.length;
      if (bytes >= READ_BYTES_MAX) break;
    }
    return frames;
  }
}
