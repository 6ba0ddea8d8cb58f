import type { DatabaseSync } from "node:sqlite";
import { countHeader } from "../../../domain/delivery/delivery-message.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";
import type { QueueDeclaration } from "../../../domain/queue/declaration.ts";
import type { ArchiveExtent } from "../../../ports/broker/archive.ts";
import { CLOCKS_APART_MS } from "../../../ports/broker/archive.ts";
import type { Envelope } from "../broker/messages/packed-messages.ts";
import type { ArchivedRow } from "./archive-protocol.ts";

/** What is read or deleted at a time, so that nothing else waits long. */
const SLICE_BYTES_MAX = 1024 * 1024;
const SLICE_EVENTS_MAX = 1_000;
/** Up to so many old events are deleted for each that is added, so that deleting keeps up with adding. */
const DELETED_EACH_MAX = 2;

/** The tables that archives came with, which streams are in too. A router that knows nothing of them leaves them alone. */
export const ARCHIVE_TABLES = `
  CREATE TABLE IF NOT EXISTS archive_streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    age_ms_max INTEGER,
    bytes_max INTEGER,
    events INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS archived (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL REFERENCES archive_streams (id),
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS archived_in_order ON archived (stream, position);
  CREATE INDEX IF NOT EXISTS archived_by_time ON archived (stream, at_ms, position);
`;

interface Stream {
  readonly id: number;
  readonly ageMsMax: number;
  readonly bytesMax: number;
}

/** The statements about archives. It opens no transaction: whoever calls it does. */
export class ArchiveTables {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
  }

  /** A stream that exists keeps what it has, and has another retention from now on. */
  declare({ name, retention }: QueueDeclaration): void {
    if (retention === undefined) return;
    const ageMsMax = retention.days === undefined ? null : retention.days * 86_400_000;
    this.#statements.declare.run(name, ageMsMax, retention.bytes ?? null);
  }

  /** False when there is no such stream. Deletes about as much of what is too old or too much as it adds. */
  append(envelope: Envelope, body: Uint8Array): boolean {
    const stream = this.#find(envelope.queue);
    if (stream === undefined) return false;
    const headers = JSON.parse(envelope.headers) as Record<string, unknown>;
    const atMs = countHeader(headers[HEADER.firstAt], 0) ?? Date.now();
    const key = headers[HEADER.partitionKey];
    this.#statements.append.run(stream.id, atMs, typeof key === "string" ? key : null, body);
    this.#statements.count.run(1, body.length, stream.id);
    this.#shorten(stream, Date.now());
    return true;
  }

  extent(name: string): ArchiveExtent | undefined {
    const stream = this.#find(name);
    if (stream === undefined) return undefined;
    const { events, bytes } = this.#sizeOf(stream);
    const oldest = this.#statements.oldest.get(stream.id);
    const newest = this.#statements.newest.get(stream.id);
    const end = Number(newest?.["position"] ?? 0) + 1;
    if (oldest === undefined || newest === undefined) return { first: end, end, events, bytes };
    const times = { firstMs: Number(oldest["at_ms"]), lastMs: Number(newest["at_ms"]) };
    return { first: Number(oldest["position"]), end, events, bytes, times };
  }

  since(name: string, atMs: number): number | undefined {
    const stream = this.#find(name);
    if (stream === undefined) return undefined;
    const found = this.#statements.since.get(stream.id, atMs - CLOCKS_APART_MS);
    return found === undefined ? this.extent(name)?.end : Number(found["position"]);
  }

  /** The next events of a range: some of them where they are many. */
  slice(name: string, from: number, to: number): readonly ArchivedRow[] | undefined {
    const stream = this.#find(name);
    if (stream === undefined) return undefined;
    const rows: ArchivedRow[] = [];
    let bytes = 0;
    for (const row of this.#statements.range.iterate(stream.id, from, to, SLICE_EVENTS_MAX)) {
      const archived = row as unknown as ArchivedRow;
      rows.push(archived);
      bytes += archived.body.length;
      if (bytes >= SLICE_BYTES_MAX) break;
    }
    return rows;
  }

  /** Deletes a piece of a stream, and in the end the stream. Returns whether there is more of it. */
  removeSlice(name: string): boolean {
    const stream = this.#find(name);
    if (stream === undefined) return false;
    if (this.#deleteOldest(stream, SLICE_BYTES_MAX)) return true;
    this.#statements.forget.run(stream.id);
    return false;
  }

  #find(name: string): Stream | undefined {
    const row = this.#statements.stream.get(name);
    if (row === undefined) return undefined;
    const bound = (value: unknown): number => (value === null ? Infinity : Number(value));
    return { id: Number(row["id"]), ageMsMax: bound(row["age_ms_max"]), bytesMax: bound(row["bytes_max"]) };
  }

  #sizeOf({ id }: Stream): { readonly events: number; readonly bytes: number } {
    const row = this.#statements.size.get(id);
    return { events: Number(row?.["events"]), bytes: Number(row?.["bytes"]) };
  }

  #shorten(stream: Stream, nowMs: number): void {
    for (let deleted = 0; deleted < DELETED_EACH_MAX; deleted++) {
      const oldest = this.#statements.oldest.get(stream.id);
      if (oldest === undefined) return;
      const isTooOld = Number(oldest["at_ms"]) < nowMs - stream.ageMsMax;
      if (!isTooOld && this.#sizeOf(stream).bytes <= stream.bytesMax) return;
      this.#delete(stream, oldest);
    }
  }

  #deleteOldest(stream: Stream, bytesMax: number): boolean {
    for (let bytes = 0; bytes < bytesMax;) {
      const oldest = this.#statements.oldest.get(stream.id);
      if (oldest === undefined) return false;
      this.#delete(stream, oldest);
      bytes += Number(oldest["length"]);
    }
    return true;
  }

  #delete(stream: Stream, { position, length }: Record<string, unknown>): void {
    this.#statements.remove.run(Number(position));
    this.#statements.count.run(-1, -Number(length), stream.id);
  }
}

function prepareStatements(database: DatabaseSync) {
  const ends = "SELECT position, at_ms, length(body) AS length FROM archived WHERE stream = ? ORDER BY position";
  return {
    stream: database.prepare(`SELECT id, age_ms_max, bytes_max FROM archive_streams WHERE name = ?`),
    declare: database.prepare(
      `INSERT INTO archive_streams (name, age_ms_max, bytes_max) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET age_ms_max = excluded.age_ms_max, bytes_max = excluded.bytes_max`,
    ),
    forget: database.prepare(`DELETE FROM archive_streams WHERE id = ?`),
    append: database.prepare(`INSERT INTO archived (stream, at_ms, partition_key, body) VALUES (?, ?, ?, ?)`),
    count: database.prepare(`UPDATE archive_streams SET events = events + ?, bytes = bytes + ? WHERE id = ?`),
    size: database.prepare(`SELECT events, bytes FROM archive_streams WHERE id = ?`),
    oldest: database.prepare(`${ends} LIMIT 1`),
    newest: database.prepare(`${ends} DESC LIMIT 1`),
    since: database.prepare(
      `SELECT position FROM archived WHERE stream = ? AND at_ms >= ? ORDER BY at_ms, position LIMIT 1`,
    ),
    range: database.prepare(
      `SELECT position, at_ms, partition_key, body FROM archived
       WHERE stream = ? AND position >= ? AND position < ? ORDER BY position LIMIT ?`,
    ),
    remove: database.prepare(`DELETE FROM archived WHERE position = ?`),
  };
}
