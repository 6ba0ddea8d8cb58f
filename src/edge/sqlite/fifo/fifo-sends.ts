import type { DatabaseSync } from "node:sqlite";
import { FIFO_MEMORY_MS, fifoTraits } from "../../../domain/queue/fifo.ts";
import { parseJson } from "../../../json/json.ts";
import type { Envelope } from "../broker/messages/packed-messages.ts";

/** What was sent too long ago to count, and is forgotten with each message that is sent. */
const FORGOTTEN_AT_ONCE = 10;

/** A message that is in its queue, or one that was sent before. */
export interface FifoPlace {
  readonly id: string;
  readonly sequence: number;
}

/** The statements for messages on their way into FIFO queues. It opens no transaction. */
export class FifoSends {
  readonly #statements: ReturnType<typeof prepareStatements>;
  /** The queues in which every message has a group. */
  readonly #grouped = new Set<number>();

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
  }

  /** Stores a message, unless it was sent before. @returns the place of this one, or of the one that was sent before */
  add(queue: number, envelope: Envelope, body: Uint8Array, dueAtMs: number | undefined): FifoPlace {
    const nowMs = Date.now();
    const { groupId, deduplicationKeys, deduplicationKey } = fifoTraits(headersOf(envelope));
    for (const key of deduplicationKeys) {
      const row = this.#statements.sent.get(queue, key, nowMs);
      if (row !== undefined) return { id: String(row["id"]), sequence: Number(row["sequence"]) };
    }
    const { lastInsertRowid } = this.#statements.addMessage.run(
      queue,
      dueAtMs ?? null,
      nowMs,
      this.groupOf(queue, groupId),
    );
    const place = { id: envelope.id, sequence: Number(lastInsertRowid) };
    this.#statements.addContent.run(lastInsertRowid, envelope.id, envelope.headers, body);
    if (deduplicationKey !== undefined) {
      this.#statements.forgetOld.run(nowMs, FORGOTTEN_AT_ONCE);
      this.#statements.remember.run(queue, deduplicationKey, nowMs + FIFO_MEMORY_MS, place.id, place.sequence);
    }
    return place;
  }

  /** The number of a group, which begins to exist. */
  groupOf(queue: number, name: string): number {
    this.#statements.addGroup.run(queue, name);
    return Number(this.#statements.group.get(queue, name)?.["id"]);
  }

  /** Messages that came to the queue while no router knew that it is a FIFO queue are a group. */
  adopt(queue: number): void {
    if (this.#grouped.has(queue)) return;
    this.#grouped.add(queue);
    if (this.#statements.groupless.get(queue) !== undefined) this.#statements.adopt.run(this.groupOf(queue, ""), queue);
  }

  /** What is sent from now on was not sent before. */
  forget(queue: number): void {
    this.#statements.forget.run(queue);
  }

  /** The clock was set back by so much. */
  setBack(ms: number): void {
    this.#statements.setBack.run(ms);
  }
}

function headersOf({ headers }: Envelope): Readonly<Record<string, unknown>> {
  return parseJson(headers) as Record<string, unknown>;
}

function prepareStatements(database: DatabaseSync) {
  const groupless = "FROM messages WHERE queue = ? AND fifo_group IS NULL";
  return {
    sent: database.prepare(`SELECT id, sequence FROM fifo_sent WHERE queue = ? AND key = ? AND until_ms > ?`),
    remember: database.prepare(
      `INSERT INTO fifo_sent (queue, key, until_ms, id, sequence) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms, id = excluded.id, sequence = excluded.sequence`,
    ),
    forgetOld: database.prepare(
      `DELETE FROM fifo_sent WHERE (queue, key) IN
         (SELECT queue, key FROM fifo_sent WHERE until_ms <= ? ORDER BY until_ms LIMIT ?)`,
    ),
    forget: database.prepare(`DELETE FROM fifo_sent WHERE queue = ?`),
    setBack: database.prepare(`UPDATE fifo_sent SET until_ms = until_ms - ?`),
    addMessage: database.prepare(`INSERT INTO messages (queue, due_at_ms, sent_at_ms, fifo_group) VALUES (?, ?, ?, ?)`),
    addContent: database.prepare(`INSERT INTO contents (sequence, id, headers, body) VALUES (?, ?, ?, ?)`),
    addGroup: database.prepare(
      `INSERT INTO fifo_groups (queue, name, place) VALUES (?, ?, (SELECT coalesce(max(place), 0) + 1 FROM fifo_groups))
       ON CONFLICT DO NOTHING`,
    ),
    group: database.prepare(`SELECT id FROM fifo_groups WHERE queue = ? AND name = ?`),
    groupless: database.prepare(`SELECT 1 ${groupless} LIMIT 1`),
    adopt: database.prepare(`UPDATE messages SET fifo_group = ? WHERE queue = ? AND fifo_group IS NULL`),
  };
}
