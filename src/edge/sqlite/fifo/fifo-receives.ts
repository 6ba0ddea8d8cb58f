import type { DatabaseSync } from "node:sqlite";
import type { FifoGetOptions } from "../../../ports/broker/fifo-queues.ts";
import type { Queue } from "../broker/messages/message-tables.ts";
import type { HoldTables } from "../holds/hold-tables.ts";
import type { StoredHold, StoredReceive } from "../holds/holds-protocol.ts";
import { FifoAttempts } from "./fifo-attempts.ts";
import type { FifoSends } from "./fifo-sends.ts";

/** Messages that one receive may delete as too old, or move to the dead-letter queue, before it answers. */
const SETTLED_MAX = 500;

/** A message at the front of its group. */
interface Front {
  readonly sequence: number;
  readonly id: string;
  readonly bodyBytes: number;
  readonly isVisible: boolean;
  readonly sentAtMs: number | undefined;
  readonly receives: number;
}

/** One receive, while it goes through the groups. */
interface Receiving {
  readonly queue: Queue;
  readonly to: Queue | undefined;
  readonly options: FifoGetOptions;
  readonly nowMs: number;
  readonly received: StoredHold[];
  readonly moved: StoredReceive["moved"][number][];
  bytes: number;
  settled: number;
}

/** Receives from FIFO queues. It opens no transaction. */
export class FifoReceives {
  readonly #holds: HoldTables;
  readonly #sends: FifoSends;
  readonly #attempts: FifoAttempts;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync, holds: HoldTables, sends: FifoSends) {
    this.#holds = holds;
    this.#sends = sends;
    this.#attempts = new FifoAttempts(database, holds);
    this.#statements = prepareStatements(database);
  }

  /** @param to the queue of messages that were received too often. */
  receive(queue: Queue, to: Queue | undefined, options: FifoGetOptions): StoredReceive {
    const nowMs = Date.now();
    const { attemptId, invisibleMs } = options;
    if (attemptId !== undefined) {
      const again = this.#attempts.again(queue, attemptId, nowMs, nowMs + invisibleMs);
      if (again !== undefined) return { held: again, moved: [] };
    }
    const receiving: Receiving = { queue, to, options, nowMs, received: [], moved: [], bytes: 0, settled: 0 };
    this.#fill(receiving);
    const { received, moved } = receiving;
    if (attemptId !== undefined) this.#attempts.remember(queue, attemptId, received, nowMs, nowMs + invisibleMs);
    return { held: received, moved };
  }

  /** Group after group, in their order. What becomes available meanwhile waits for the next receive. */
  #fill(receiving: Receiving): void {
    const { queue, options, received } = receiving;
    const last = Number(this.#statements.lastPlace.get()?.["place"] ?? 0);
    let behind = 0;
    while (!isFull(receiving)) {
      const groups = this.#statements.ready.all(queue.id, behind, last, options.limit - received.length);
      if (groups.length === 0) return;
      for (const group of groups) {
        if (isFull(receiving)) return;
        behind = Number(group["place"]);
        this.#receiveOf(Number(group["id"]), receiving);
      }
    }
  }

  #receiveOf(group: number, receiving: Receiving): void {
    const { queue, options, nowMs, received } = receiving;
    const before = received.length;
    let behind = 0;
    while (!isFull(receiving)) {
      const [front] = this.#fronts(group, behind);
      // Also a group whose messages somebody browses.
      if (front?.isVisible !== true) break;
      behind = front.sequence;
      if (this.#settle(front, group, receiving)) continue;
      received.push(this.#holds.receive(queue, front.sequence, nowMs, nowMs + options.invisibleMs));
      receiving.bytes += front.bodyBytes;
    }
    // Its messages are visible still: it has had its turn.
    if (options.invisibleMs === 0 && received.length > before) this.#statements.toTheBack.run(group);
    if (received.length === before) receiving.settled += 1;
  }

  #fronts(group: number, behind: number): readonly Front[] {
    return this.#statements.front.all(group, behind).map((row) => ({
      sequence: Number(row["sequence"]),
      id: String(row["id"]),
      bodyBytes: Number(row["body_bytes"]),
      isVisible: row["due_at_ms"] === null && row["holder"] === null,
      sentAtMs: typeof row["sent_at_ms"] === "number" ? row["sent_at_ms"] : undefined,
      receives: Number(row["receives"]),
    }));
  }

  /** Deletes a message that is too old, and moves one that was received too often. @returns whether it did */
  #settle({ sequence, id, sentAtMs, receives }: Front, group: number, receiving: Receiving): boolean {
    const { queue, to, nowMs, options } = receiving;
    const { retentionMs, redrive } = options;
    if (retentionMs !== undefined && sentAtMs !== undefined && sentAtMs + retentionMs <= nowMs) {
      this.#holds.remove(sequence);
    } else {
      if (to === undefined || redrive === undefined || receives < redrive.receivesMax) return false;
      this.#holds.tellSource(sequence, queue);
      const name = String(this.#statements.groupName.get(group)?.["name"]);
      this.#statements.move.run(to.id, this.#sends.groupOf(to.id, name), nowMs, sequence);
      receiving.moved.push({ messageId: id, receives });
    }
    receiving.settled += 1;
    return true;
  }
}

function isFull({ received, bytes, settled, options: { limit, bytesMax } }: Receiving): boolean {
  return received.length >= limit || (received.length > 0 && bytes >= bytesMax) || settled >= SETTLED_MAX;
}

function prepareStatements(database: DatabaseSync) {
  return {
    lastPlace: database.prepare(`SELECT max(place) AS place FROM fifo_groups`),
    ready: database.prepare(
      `SELECT id, place FROM fifo_groups
       WHERE queue = ? AND is_ready = 1 AND place > ? AND place <= ? ORDER BY place LIMIT ?`,
    ),
    front: database.prepare(
      `SELECT sequence, id, length(body) AS body_bytes, due_at_ms, holder, sent_at_ms, receives + crashes AS receives
       FROM messages JOIN contents USING (sequence)
       WHERE fifo_group = ? AND sequence > ? ORDER BY sequence LIMIT 1`,
    ),
    toTheBack: database.prepare(`UPDATE fifo_groups SET place = (SELECT max(place) + 1 FROM fifo_groups) WHERE id = ?`),
    groupName: database.prepare(`SELECT name FROM fifo_groups WHERE id = ?`),
    // SQS counts the retention of a FIFO queue's dead letters anew.
    move: database.prepare(`UPDATE messages SET queue = ?, fifo_group = ?, sent_at_ms = ? WHERE sequence = ?`),
  };
}
