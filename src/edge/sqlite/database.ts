import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ARCHIVE_TABLES } from "./archive/archive-tables.ts";
import { FIFO_TABLES } from "./fifo/fifo-schema.ts";

const SCHEMA_VERSION = 1;
const PAGE_BYTES = 4096;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/*
 * A message has two rows: `messages` says where it stands and changes often; `contents` is written once,
 * since SQLite writes a row anew when any of its columns changes, a body of 1 MiB included.
 */
const SCHEMA = `
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    single_active_consumer INTEGER NOT NULL,
    delivery_limit INTEGER
  );
  CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL REFERENCES queues (id),
    due_at_ms INTEGER,
    holder INTEGER,
    crashes INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX messages_ready ON messages (queue, sequence) WHERE due_at_ms IS NULL AND holder IS NULL;
  CREATE INDEX messages_waiting ON messages (due_at_ms) WHERE due_at_ms IS NOT NULL;
  CREATE INDEX messages_held ON messages (holder) WHERE holder IS NOT NULL;
  CREATE TABLE contents (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
  );
  CREATE TABLE ballast (id INTEGER PRIMARY KEY, filler BLOB NOT NULL);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** What came later and does not disturb a router that knows nothing of it, and so needs no other version. */
const ADDITIONS = `
  CREATE TABLE IF NOT EXISTS control_log (position INTEGER PRIMARY KEY AUTOINCREMENT, record BLOB NOT NULL);
  ${ARCHIVE_TABLES}
  CREATE INDEX IF NOT EXISTS messages_waiting_by_queue ON messages (queue, sequence) WHERE due_at_ms IS NOT NULL;
`;

/**
 * Columns of `messages` that came later. A message that is received is invisible until `due_at_ms`, as a delayed one is,
 * which was never received. A router that knows nothing of them makes it visible in time, and counts nothing.
 */
const ADDED_COLUMNS = {
  sent_at_ms: "INTEGER",
  receives: "INTEGER NOT NULL DEFAULT 0",
  first_received_at_ms: "INTEGER",
  received_at_ms: "INTEGER",
  fifo_group: "INTEGER",
} as const;

/** The same of `archived`, since streams are in it too. */
const ADDED_ARCHIVE_COLUMNS = { partition_key: "TEXT" } as const;

/**
 * Opens the database of a folder, made when missing, and locks it for as long as it stays open. The lock is the
 * operating system's on the file, so it goes with the process however that ends.
 * With `bytesMax` the file stops growing there, as on a full disk.
 */
export function openDatabase(folder: string, bytesMax: number | undefined): DatabaseSync {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(folder, "busbar.sqlite"), { timeout: 0 });
  try {
    database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
    if (bytesMax !== undefined) database.exec(`PRAGMA max_page_count = ${Math.ceil(bytesMax / PAGE_BYTES)}`);
    database.exec("BEGIN EXCLUSIVE");
    makeSchema(database, folder);
    database.exec("COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw isBusy(error) ? folderInUse(folder, error) : error;
  }
}

/** Why a database whose lock another process has was not opened. */
export function folderInUse(folder: string, cause: unknown): Error {
  return new Error(`the folder "${folder}" is in use by another Busbar: give each its own BUSBAR_DATA`, { cause });
}

function makeSchema(database: DatabaseSync, folder: string): void {
  const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
  if (version === 0) database.exec(SCHEMA);
  else if (version !== SCHEMA_VERSION) {
    throw new Error(
      `the folder "${folder}" was written by another version of Busbar: its format is ${String(version)}, expected ${SCHEMA_VERSION}`,
    );
  }
  database.exec(ADDITIONS);
  addColumns(database, "messages", ADDED_COLUMNS);
  addColumns(database, "archived", ADDED_ARCHIVE_COLUMNS);
  // Its index and triggers are on a column that was just added.
  database.exec(FIFO_TABLES);
}

function addColumns(database: DatabaseSync, table: string, added: Readonly<Record<string, string>>): void {
  const rows = database.prepare(`PRAGMA table_info(${table})`).all();
  const columns = new Set(rows.map((row) => row["name"]));
  for (const [name, type] of Object.entries(added)) {
    if (!columns.has(name)) database.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`);
  }
}

/** Whether an error says that the disk, or the file's allowance, is full. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_FULL;
}

/** Whether an error says that another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_BUSY;
}

/** SQLite's primary result code, https://www.sqlite.org/rescode.html; undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
