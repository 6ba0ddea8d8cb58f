import type { DatabaseSync } from "node:sqlite";
import { FIFO_MEMORY_MS } from "../../../domain/queue/fifo.ts";
import type { Queue } from "../broker/messages/message-tables.ts";
import type { HoldTables } from "../holds/hold-tables.ts";
import type { StoredHold } from "../holds/holds-protocol.ts";

/** A message that was received: it is unchanged while it has this receive and this time. */
interface ReceivedThen {
  readonly sequence: number;
  readonly receive: number;
  readonly visibleAtMs: number;
}

/** What requests with an id were answered. */
export class FifoAttempts {
  readonly #holds: HoldTables;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync, holds: HoldTables) {
    this.#holds = holds;
    this.#statements = prepareStatements(database);
  }

  /** The same messages again, invisible for as long again. Undefined when one of them has changed, or nothing is known. */
  again(queue: Queue, attempt: string, nowMs: number, visibleAtMs: number): StoredHold[] | undefined {
    const row = this.#statements.find.get(queue.id, attempt, nowMs);
    if (row === undefined) return undefined;
    const received = JSON.parse(String(row["received"])) as readonly ReceivedThen[];
    if (visibleAtMs <= nowMs || !received.every((then) => this.#isUnchanged(queue, then, nowMs))) return undefined;
    const held = received.map(({ sequence }) => this.#holds.hold(queue, sequence, visibleAtMs));
    this.remember(queue, attempt, held, nowMs, visibleAtMs);
    return held;
  }

  remember(queue: Queue, attempt: string, held: readonly StoredHold[], nowMs: number, visibleAtMs: number): void {
    this.#statements.forgetOld.run(nowMs);
    if (held.length === 0 || visibleAtMs <= nowMs) return;
    const received = held.map(({ message: { sequence } }): ReceivedThen => {
      return { sequence, receive: this.#holds.state(sequence)?.receives ?? 0, visibleAtMs };
    });
    this.#statements.remember.run(queue.id, attempt, nowMs + FIFO_MEMORY_MS, JSON.stringify(received));
  }

  #isUnchanged(queue: Queue, { sequence, receive, visibleAtMs }: ReceivedThen, nowMs: number): boolean {
    const state = this.#holds.state(sequence);
    if (state?.queue !== queue.id || state.receives !== receive) return false;
    return state.dueAtMs === visibleAtMs && visibleAtMs > nowMs;
  }
}

function prepareStatements(database: DatabaseSync) {
  return {
    find: database.prepare(`SELECT received FROM fifo_attempts WHERE queue = ? AND attempt = ? AND until_ms > ?`),
    remember: database.prepare(
      `INSERT INTO fifo_attempts (queue, attempt, until_ms, received) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms, received = excluded.received`,
    ),
    forgetOld: database.prepare(`DELETE FROM fifo_attempts WHERE until_ms <= ?`),
  };
}
