import type { DatabaseSync } from "node:sqlite";
import type { QueueDeclaration } from "../../domain/queue/declaration.ts";
import { SHOWN_BYTES_MAX } from "../../ports/inspector.ts";
import { PARKED_QUEUE, SYSTEM_QUEUES } from "../../domain/queue/queues.ts";
import type { PackedMessages, StoredMessage } from "./protocol.ts";

const BALLAST_BYTES = 1024 * 1024;

export interface Queue {
  readonly id: number;
  readonly name: string;
  readonly singleActiveConsumer: boolean;
}

/** A message picked from a queue, its body not read yet. */
interface Picked {
  readonly sequence: number;
  readonly bodyBytes: number;
}

/** A delayed message whose time has come. */
export interface Due {
  readonly queue: string;
  readonly latenessMs: number;
}

/** The statements on the database. It opens no transaction: whoever calls it does. */
export class Store {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareStatements(database);
  }

  /** A queue that exists is left as it is. */
  declare(queues: readonly QueueDeclaration[]): void {
    for (const { name, singleActiveConsumer, parking } of queues) {
      this.#statements.declare.run(name, singleActiveConsumer ? 1 : 0, parking?.crashesMax ?? null);
    }
  }

  queue(name: string): Queue | undefined {
    const row = this.#statements.queue.get(name);
    return row && { id: Number(row["id"]), name, singleActiveConsumer: row["single_active_consumer"] === 1 };
  }

  /** Stores what it can, and returns the positions of the messages whose queue is missing. */
  add({ envelopes, bodies }: PackedMessages, dueAtMs: number | undefined): number[] {
    const unroutable: number[] = [];
    let from = 0;
    for (const [index, envelope] of envelopes.entries()) {
      const body = bodies.subarray(from, (from += envelope.bodyBytes));
      const queue = this.queue(envelope.queue);
      if (queue === undefined) {
        unroutable.push(index);
        continue;
      }
      const { lastInsertRowid } = this.#statements.addMessage.run(queue.id, dueAtMs ?? null);
      this.#statements.addContent.run(lastInsertRowid, envelope.id, envelope.headers, body);
    }
    return unroutable;
  }

  /** Gives the oldest ready messages to a holder: at most `limit`, and no more once they reach `bytesMax`. */
  handOut(queue: Queue, holder: number, limit: number, bytesMax: number): StoredMessage[] {
    return this.#pick(queue, limit, bytesMax).map(({ sequence }) => {
      this.#statements.hold.run(holder, sequence);
      return this.#read(sequence);
    });
  }

  heldBy(holder: number): number {
    return Number(this.#statements.heldBy.get(holder)?.["held"]);
  }

  peek(queue: Queue, limit: number): StoredMessage[] {
    return this.#pick(queue, limit, SHOWN_BYTES_MAX).map(({ sequence }) => this.#read(sequence));
  }

  giveBack(sequence: number): void {
    this.#statements.giveBack.run(sequence);
  }

  /** Gives back up to `limit` messages of a holder, and says how many. */
  giveBackOf(holder: number, limit: number): number {
    return Number(this.#statements.giveBackOf.run(holder, limit).changes);
  }

  remove(sequence: number): void {
    this.#statements.removeMessage.run(sequence);
    this.#statements.removeContent.run(sequence);
  }

  /** Deletes the oldest ready messages: at most `limit`, and no more once they reach `bytesMax`. */
  purge(queue: Queue, limit: number, bytesMax: number): number {
    const picked = this.#pick(queue, limit, bytesMax);
    for (const { sequence } of picked) this.remove(sequence);
    return picked.length;
  }

  countReady(queue: Queue): number {
    return Number(this.#statements.countReady.get(queue.id)?.["ready"]);
  }

  /** Makes up to `limit` delayed messages ready whose time has come. */
  releaseDue(nowMs: number, limit: number): Due[] {
    return this.#statements.due.all(nowMs, limit).map((row) => {
      this.#statements.release.run(Number(row["sequence"]));
      return { queue: String(row["name"]), latenessMs: nowMs - Number(row["due_at_ms"]) };
    });
  }

  /** Makes every delayed message due so much earlier. */
  setBack(ms: number): void {
    this.#statements.setBack.run(ms);
  }

  nextDueAtMs(): number | undefined {
    const dueAtMs = this.#statements.nextDue.get()?.["due_at_ms"];
    return typeof dueAtMs === "number" ? dueAtMs : undefined;
  }

  /** Whoever holds a message now has died: counts that, and parks what has had its crashes. */
  recover(): void {
    this.declare(SYSTEM_QUEUES);
    for (const row of this.#statements.overLimit.all()) {
      const sequence = Number(row["sequence"]);
      this.#statements.tellOrigin.run(String(row["name"]), sequence);
      this.#statements.park.run(PARKED_QUEUE, sequence);
    }
    this.#statements.countCrashes.run();
  }

  /** Takes room that is kept aside, if it has none. */
  fillBallast(): void {
    this.#statements.fillBallast.run(BALLAST_BYTES);
  }

  dropBallast(): void {
    this.#statements.dropBallast.run();
  }

  #pick(queue: Queue, limit: number, bytesMax: number): Picked[] {
    const picked: Picked[] = [];
    let bytes = 0;
    for (const row of this.#statements.ready.iterate(queue.id, limit)) {
      picked.push({ sequence: Number(row["sequence"]), bodyBytes: Number(row["body_bytes"]) });
      bytes += Number(row["body_bytes"]);
      if (bytes >= bytesMax) break;
    }
    return picked;
  }

  #read(sequence: number): StoredMessage {
    return this.#statements.read.get(sequence) as unknown as StoredMessage;
  }
}

function prepareStatements(database: DatabaseSync) {
  const ready = "due_at_ms IS NULL AND holder IS NULL";
  return {
    declare: database.prepare(
      `INSERT INTO queues (name, single_active_consumer, delivery_limit) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    queue: database.prepare(`SELECT id, single_active_consumer FROM queues WHERE name = ?`),
    addMessage: database.prepare(`INSERT INTO messages (queue, due_at_ms) VALUES (?, ?)`),
    addContent: database.prepare(`INSERT INTO contents (sequence, id, headers, body) VALUES (?, ?, ?, ?)`),
    ready: database.prepare(
      `SELECT sequence, length(body) AS body_bytes FROM messages JOIN contents USING (sequence)
       WHERE queue = ? AND ${ready} ORDER BY sequence LIMIT ?`,
    ),
    countReady: database.prepare(`SELECT count(*) AS ready FROM messages WHERE queue = ? AND ${ready}`),
    hold: database.prepare(`UPDATE messages SET holder = ? WHERE sequence = ?`),
    heldBy: database.prepare(`SELECT count(*) AS held FROM messages WHERE holder = ?`),
    giveBack: database.prepare(`UPDATE messages SET holder = NULL WHERE sequence = ?`),
    giveBackOf: database.prepare(
      `UPDATE messages SET holder = NULL
       WHERE sequence IN (SELECT sequence FROM messages WHERE holder = ? ORDER BY sequence LIMIT ?)`,
    ),
    read: database.prepare(
      `SELECT sequence, id, headers, body, crashes FROM messages JOIN contents USING (sequence) WHERE sequence = ?`,
    ),
    removeMessage: database.prepare(`DELETE FROM messages WHERE sequence = ?`),
    removeContent: database.prepare(`DELETE FROM contents WHERE sequence = ?`),
    due: database.prepare(
      `SELECT sequence, due_at_ms, name FROM messages JOIN queues ON queues.id = queue
       WHERE due_at_ms <= ? ORDER BY due_at_ms, sequence LIMIT ?`,
    ),
    release: database.prepare(`UPDATE messages SET due_at_ms = NULL WHERE sequence = ?`),
    setBack: database.prepare(`UPDATE messages SET due_at_ms = due_at_ms - ? WHERE due_at_ms IS NOT NULL`),
    nextDue: database.prepare(`SELECT min(due_at_ms) AS due_at_ms FROM messages WHERE due_at_ms IS NOT NULL`),
    overLimit: database.prepare(
      `SELECT sequence, name FROM messages JOIN queues ON queues.id = queue
       WHERE holder IS NOT NULL AND crashes >= delivery_limit`,
    ),
    // The headers with which RabbitMQ says the same.
    tellOrigin: database.prepare(
      `UPDATE contents SET headers =
         json_set(headers, '$."x-first-death-queue"', ?, '$."x-first-death-reason"', 'delivery_limit')
       WHERE sequence = ?`,
    ),
    park: database.prepare(
      `UPDATE messages SET queue = (SELECT id FROM queues WHERE name = ?), holder = NULL, crashes = 0
       WHERE sequence = ?`,
    ),
    countCrashes: database.prepare(`UPDATE messages SET holder = NULL, crashes = crashes + 1 WHERE holder IS NOT NULL`),
    fillBallast: database.prepare(`INSERT OR IGNORE INTO ballast (id, filler) VALUES (1, zeroblob(?))`),
    dropBallast: database.prepare(`DELETE FROM ballast`),
  };
}
