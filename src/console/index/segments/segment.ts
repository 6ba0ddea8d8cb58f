import { rmSync } from "node:fs";
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import { Names } from "./names.ts";
import { SEGMENT_SCHEMA, SEGMENT_VERSION } from "./schema.ts";
import type { StoredId } from "./stored-id.ts";

const SQLITE_CORRUPT = 11;
const SQLITE_NOT_A_DATABASE = 26;

/** In KiB. The lookups of ids go all over the file while it is written. */
const WRITER_CACHE_KIB = 64 * 1024;
const READER_CACHE_KIB = 2 * 1024;
/** In pages. A page of the indexes of ids is written by many transactions; a later checkpoint copies it once for all. */
const CHECKPOINT_PAGES = 8_000;

export type SegmentRow = Record<string, SQLOutputValue>;

/** What a segment says about itself. */
export interface SegmentAbout {
  /** Of the last frame that it holds; undefined for none. */
  readonly position: number | undefined;
  /** The number of the last attempt. */
  readonly attempts: number;
  /** How many frames could not be read. */
  readonly unreadable: number;
  /** When the journal last said that frames were deleted before they were read. */
  readonly lostAtMs: number | undefined;
}

/** The segment's file is not whole, or of another version: it has to be deleted. */
export class DamagedSegmentError extends Error {
  override readonly name = "DamagedSegmentError";
  readonly path: string;
  constructor(path: string, options?: ErrorOptions) {
    super(`the index's segment "${path}" is damaged, or of another version`, options);
    this.path = path;
  }
}

/** One file of the index. */
export class Segment {
  readonly number: number;
  readonly path: string;
  readonly names: Names;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(number: number, path: string, database: DatabaseSync) {
    this.number = number;
    this.path = path;
    this.#database = database;
    this.names = new Names(database);
  }

  static create(number: number, path: string): Segment {
    deleteSegmentFile(path);
    return Segment.#opened(number, path, (database) => database.exec(`BEGIN; ${SEGMENT_SCHEMA} COMMIT`));
  }

  /** @throws DamagedSegmentError */
  static open(number: number, path: string): Segment {
    return Segment.#opened(number, path, (database) => {
      const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
      const about = version === SEGMENT_VERSION ? database.prepare("SELECT * FROM about").get() : undefined;
      if (about === undefined) throw new DamagedSegmentError(path);
    });
  }

  static #opened(number: number, path: string, prepare: (database: DatabaseSync) => void): Segment {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`);
      prepare(database);
      return new Segment(number, path, database);
    } catch (error) {
      database.close();
      throw isDamage(error) ? new DamagedSegmentError(path, { cause: error }) : error;
    }
  }

  /** Readies it for writing. */
  startWriting(): void {
    this.#database.exec(`PRAGMA cache_size = -${WRITER_CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }

  /** Nothing is written to it any more. */
  endWriting(): void {
    this.#database.exec(`PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = -${READER_CACHE_KIB}`);
  }

  begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
  }

  commit(): void {
    this.#database.exec("COMMIT");
  }

  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    this.names.clear();
  }

  /** A statement, prepared once. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  all(sql: string, ...parameters: readonly SQLInputValue[]): SegmentRow[] {
    return this.#guarded(() => this.statement(sql).all(...parameters));
  }

  get(sql: string, ...parameters: readonly SQLInputValue[]): SegmentRow | undefined {
    return this.#guarded(() => this.statement(sql).get(...parameters));
  }

  /** Rows one after the other. Only one reading of a statement may be under way. */
  *iterate(sql: string, ...parameters: readonly SQLInputValue[]): Generator<SegmentRow, undefined> {
    try {
      yield* this.statement(sql).iterate(...parameters);
    } catch (error) {
      throw this.#told(error);
    }
  }

  /** The row that has an id; undefined where there is none. */
  findEvent(id: StoredId): SegmentRow | undefined {
    return this.get(`SELECT * FROM events WHERE substr(id, -6) = substr(?1, -6) AND id = ?1`, id);
  }

  findDelivery(id: StoredId): SegmentRow | undefined {
    return this.get(`SELECT * FROM deliveries WHERE substr(id, -6) = substr(?1, -6) AND id = ?1`, id);
  }

  get about(): SegmentAbout {
    const row = this.get("SELECT * FROM about") ?? {};
    return {
      position: optionalNumber(row["position"]),
      attempts: Number(row["attempts"]),
      unreadable: Number(row["unreadable"]),
      lostAtMs: optionalNumber(row["lost_at"]),
    };
  }

  saveAbout(about: SegmentAbout): void {
    const { position = null, attempts, unreadable, lostAtMs = null } = about;
    this.statement(`UPDATE about SET position = ?, attempts = ?, unreadable = ?, lost_at = ?`).run(
      position,
      attempts,
      unreadable,
      lostAtMs,
    );
  }

  get bytes(): number {
    const pages = Number(this.get("PRAGMA page_count")?.["page_count"]);
    return pages * Number(this.get("PRAGMA page_size")?.["page_size"]);
  }

  /** How many events are mentioned. */
  get events(): number {
    return Number(this.get("SELECT max(seq) AS events FROM events")?.["events"] ?? 0);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #guarded<Value>(read: () => Value): Value {
    try {
      return read();
    } catch (error) {
      throw this.#told(error);
    }
  }

  #told(error: unknown): unknown {
    return isDamage(error) ? new DamagedSegmentError(this.path, { cause: error }) : error;
  }
}

export function deleteSegmentFile(path: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
}

/** Whether SQLite says that a file is not as it wrote it. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  return [SQLITE_CORRUPT, SQLITE_NOT_A_DATABASE].includes(error.errcode & 0xff);
}

export function optionalNumber(value: SQLOutputValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
