import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "../../store/migrate.ts";
import type { SqlRow, SqlSession } from "../../store/sql.ts";
import { SQLITE_DIALECT } from "../../store/sql.ts";
import { folderInUse, isBusy } from "../database.ts";

const PAGE_BYTES = 4096;

export function storeFileIn(folder: string): string {
  return join(folder, "store.sqlite");
}

/** Makes the file of a folder the schema `busbar` of a connection. */
export function attachStoreFile(database: DatabaseSync, folder: string): void {
  database.prepare("ATTACH ? AS busbar").run(storeFileIn(folder));
}

/**
 * Opens the store of a folder, made when missing, and locks it for as long as it stays open. The tables are in a schema
 * called `busbar`, as they are in PostgreSQL.
 *
 * @param version of the schema to stop at, for tests of the steps; the newest by default.
 */
export async function openStoreFile(
  folder: string,
  bytesMax: number | undefined,
  version?: number,
): Promise<DatabaseSync> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(":memory:", { timeout: 0 });
  try {
    attachStoreFile(database, folder);
    database.exec(
      `PRAGMA busbar.locking_mode = EXCLUSIVE; PRAGMA busbar.journal_mode = WAL; PRAGMA busbar.synchronous = FULL`,
    );
    if (bytesMax !== undefined) database.exec(`PRAGMA busbar.max_page_count = ${Math.ceil(bytesMax / PAGE_BYTES)}`);
    database.exec("BEGIN EXCLUSIVE");
    await migrate(new SqliteSession(database), SQLITE_DIALECT, version);
    database.exec("COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw isBusy(error) ? folderInUse(folder, error) : error;
  }
}

/** Statements on the one connection; each is prepared once. */
export class SqliteSession implements SqlSession {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  rows(text: string, parameters: readonly (string | number | null)[] = []): Promise<readonly SqlRow[]> {
    const statement = this.#prepared.get(text) ?? this.#database.prepare(text);
    this.#prepared.set(text, statement);
    const named = Object.fromEntries(parameters.map((value, index) => [`$${index + 1}`, value]));
    return Promise.resolve(statement.all(named));
  }
}
