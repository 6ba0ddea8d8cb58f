import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SCHEMA_VERSION = 1;
const BUSY_TIMEOUT_MS = 1_000;
const PAGE_BYTES = 4096;
const WAL_BYTES_MAX = 4 * 1024 * 1024;

const SCHEMA = `
  CREATE TABLE frames (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL
  );
  CREATE INDEX frames_by_time ON frames (at_ms, position);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Which file has the frames: the journal's, or that of functions' lines. */
export type FramesFile = "journal.sqlite" | "logs.sqlite";

/**
 * Opens the journal of a folder for writing, made when missing. Several may write at a time, and others read. A power
 * cut may lose what was written last, and leaves the file whole: an fsync for each frame would be the broker's disk time.
 *
 * @param fileBytesMax from where on the file does not grow, as on a full disk.
 */
export function openForWriting(folder: string, file: FramesFile, fileBytesMax: number): DatabaseSync {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(folder, file), { timeout: BUSY_TIMEOUT_MS });
  try {
    // Has to be said before the file is made.
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`,
    );
    database.exec(`PRAGMA max_page_count = ${Math.ceil(fileBytesMax / PAGE_BYTES)}`);
    database.exec("BEGIN IMMEDIATE");
    if (versionOf(database) === 0) database.exec(SCHEMA);
    refuseOthers(database, join(folder, file));
    database.exec("COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A journal that is open for reading. */
export interface OpenJournalFile {
  readonly database: DatabaseSync;
  /** Tells it from a file that was there before. */
  readonly id: number | undefined;
  /** Whether the folder has this file no more, but none or another. */
  readonly isReplaced: () => boolean;
}

/** Opens the journal of a folder for reading only; undefined while it is not made. */
export function openForReading(folder: string, name: FramesFile): OpenJournalFile | undefined {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  const inode = inodeOf(file);
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    if (versionOf(database) !== 0) {
      refuseOthers(database, file);
      return { database, id: inode, isReplaced: () => inodeOf(file) !== inode };
    }
  } catch (error) {
    database.close();
    throw error;
  }
  database.close();
  return undefined;
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

function versionOf(database: DatabaseSync): unknown {
  return database.prepare("PRAGMA user_version").get()?.["user_version"];
}

function refuseOthers(database: DatabaseSync, file: string): void {
  const version = versionOf(database);
  if (version === SCHEMA_VERSION) return;
  throw new Error(
    `"${file}" was written by another version of Busbar: its format is ${String(version)}, expected ${SCHEMA_VERSION}; without the file it is begun anew`,
  );
}
