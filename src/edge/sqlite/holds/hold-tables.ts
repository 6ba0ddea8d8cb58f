import type { DatabaseSync } from "node:sqlite";
import { HEADER } from "../../../domain/delivery/headers.ts";
import type { HideOutcome, HoldCounts } from "../../../ports/broker/holds.ts";
import { INVISIBLE_MS_MAX } from "../../../ports/broker/holds.ts";
import type { MessageTables, Queue } from "../broker/messages/message-tables.ts";
import type { StoredHold } from "./holds-protocol.ts";
import type { HoldReceipt } from "./receipt.ts";
import { idDigest, writeReceipt } from "./receipt.ts";

/** A visible message that was not read yet. */
export interface Visible {
  readonly sequence: number;
  readonly id: string;
  readonly bodyBytes: number;
  /** Undefined for one that was stored before times were. */
  readonly sentAtMs: number | undefined;
  /** Receives, and consumers that died with it. */
  readonly receives: number;
}

/** What becomes of a message while it is in a queue. */
export interface HoldState {
  readonly queue: number;
  readonly id: string;
  readonly receives: number;
  /** When it becomes visible; undefined while it is. */
  readonly dueAtMs: number | undefined;
  readonly holder: number | undefined;
}

/** A place in the database as SQS's number: 20 digits. */
export function fifoSequenceNumber(sequence: number): string {
  return String(sequence).padStart(20, "0");
}

/** The statements for messages that are received for a time. It opens no transaction: whoever calls it does. */
export class HoldTables {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #tables: MessageTables;

  constructor(database: DatabaseSync, tables: MessageTables) {
    this.#statements = prepareStatements(database);
    this.#tables = tables;
  }

  /** The oldest visible messages behind a place in the queue. */
  visibleAfter(queue: Queue, sequence: number, limit: number): Visible[] {
    return this.#statements.visibleAfter.all(queue.id, sequence, limit).map((row) => ({
      sequence: Number(row["sequence"]),
      id: String(row["id"]),
      bodyBytes: Number(row["body_bytes"]),
      sentAtMs: numberOf(row["sent_at_ms"]),
      receives: Number(row["receives"]),
    }));
  }

  /** Makes a message invisible up to a time, and counts that; with the time of now it stays visible. */
  receive(queue: Queue, sequence: number, nowMs: number, visibleAtMs: number): StoredHold {
    this.#statements.receive.run(visibleAtMs > nowMs ? visibleAtMs : null, nowMs, nowMs, sequence);
    return this.#read(queue, sequence, nowMs);
  }

  /** A message that is invisible, so for longer, and not received anew. */
  hold(queue: Queue, sequence: number, visibleAtMs: number): StoredHold {
    this.#statements.hide.run(visibleAtMs, sequence);
    return this.#read(queue, sequence, visibleAtMs);
  }

  /** Undefined when it is not in the queue that the receipt names. */
  stateOf({ queue, sequence, digest }: HoldReceipt): HoldState | undefined {
    const state = this.state(sequence);
    return state?.queue === queue && idDigest(state.id) === digest ? state : undefined;
  }

  state(sequence: number): HoldState | undefined {
    const row = this.#statements.state.get(sequence);
    return (
      row && {
        queue: Number(row["queue"]),
        id: String(row["id"]),
        receives: Number(row["receives"]),
        dueAtMs: numberOf(row["due_at_ms"]),
        holder: numberOf(row["holder"]),
      }
    );
  }

  #read(queue: Queue, sequence: number, nowMs: number): StoredHold {
    const row = this.#statements.read.get(sequence);
    const message = {
      sequence,
      id: String(row?.["id"]),
      headers: String(row?.["headers"]),
      body: row?.["body"] as Uint8Array<ArrayBuffer>,
      crashes: Number(row?.["crashes"]),
    };
    const receive = Number(row?.["receives"]);
    const firstReceivedAtMs = numberOf(row?.["first_received_at_ms"]) ?? nowMs;
    return {
      message,
      receipt: writeReceipt({ queue: queue.id, sequence, receive, digest: idDigest(message.id) }),
      receives: receive + message.crashes,
      sentAtMs: numberOf(row?.["sent_at_ms"]) ?? firstReceivedAtMs,
      firstReceivedAtMs,
      ...(queue.isFifo ? { sequenceNumber: fifoSequenceNumber(sequence) } : {}),
    };
  }

  /** Moves a message to another queue, with what is known of it. The header says where it comes from. */
  move(sequence: number, from: Queue, to: Queue): void {
    this.tellSource(sequence, from);
    this.#statements.move.run(to.id, sequence);
  }

  tellSource(sequence: number, from: Queue): void {
    this.#statements.tellSource.run(from.name, sequence);
  }

  delete({ sequence, queue, digest }: HoldReceipt): void {
    const row = this.#statements.state.get(sequence);
    if (row?.["queue"] === queue && idDigest(String(row["id"])) === digest) this.#tables.remove(sequence);
  }

  hide({ sequence, queue, digest }: HoldReceipt, nowMs: number, visibleAtMs: number): HideOutcome {
    const row = this.#statements.state.get(sequence);
    const receivedAtMs = numberOf(row?.["received_at_ms"]);
    if (row?.["queue"] !== queue || receivedAtMs === undefined) return "gone";
    if (idDigest(String(row["id"])) !== digest || row["holder"] !== null) return "gone";
    if (visibleAtMs > receivedAtMs + INVISIBLE_MS_MAX) return "too-long";
    this.#statements.hide.run(visibleAtMs > nowMs ? visibleAtMs : null, sequence);
    return "changed";
  }

  counts(queue: Queue): HoldCounts {
    const row = this.#statements.countWaiting.get(queue.id);
    const held = Number(this.#statements.countConsumed.get(queue.id)?.["held"]);
    return {
      visible: this.#tables.countReady(queue),
      invisible: Number(row?.["invisible"] ?? 0) + held,
      delayed: Number(row?.["delayed"] ?? 0),
    };
  }

  /** Received and invisible, by queue. */
  inFlight(): ReadonlyMap<string, number> {
    const rows = this.#statements.countInFlight.all();
    return new Map(rows.map((row) => [String(row["name"]), Number(row["in_flight"])]));
  }

  lastSequence(): number {
    return Number(this.#statements.lastSequence.get()?.["sequence"] ?? 0);
  }

  /** The oldest messages that no consumer has, visible or not: up to `limit` of either. */
  oldest(queue: Queue, limit: number): { readonly sequence: number; readonly sentAtMs: number | undefined }[] {
    const rows = [
      ...this.#statements.oldestReady.all(queue.id, limit),
      ...this.#statements.oldestWaiting.all(queue.id, limit),
    ];
    return rows.map((row) => ({ sequence: Number(row["sequence"]), sentAtMs: numberOf(row["sent_at_ms"]) }));
  }

  remove(sequence: number): void {
    this.#tables.remove(sequence);
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function prepareStatements(database: DatabaseSync) {
  const ready = "due_at_ms IS NULL AND holder IS NULL";
  return {
    visibleAfter: database.prepare(
      `SELECT sequence, id, length(body) AS body_bytes, sent_at_ms, receives + crashes AS receives
       FROM messages JOIN contents USING (sequence)
       WHERE queue = ? AND ${ready} AND sequence > ? ORDER BY sequence LIMIT ?`,
    ),
    receive: database.prepare(
      `UPDATE messages SET due_at_ms = ?, receives = receives + 1, received_at_ms = ?,
         first_received_at_ms = coalesce(first_received_at_ms, ?)
       WHERE sequence = ?`,
    ),
    read: database.prepare(
      `SELECT id, headers, body, crashes, receives, sent_at_ms, first_received_at_ms
       FROM messages JOIN contents USING (sequence) WHERE sequence = ?`,
    ),
    state: database.prepare(
      `SELECT queue, holder, received_at_ms, receives, due_at_ms, id FROM messages JOIN contents USING (sequence) WHERE sequence = ?`,
    ),
    hide: database.prepare(`UPDATE messages SET due_at_ms = ? WHERE sequence = ?`),
    tellSource: database.prepare(
      `UPDATE contents SET headers = json_set(headers, '$."${HEADER.deadLetterSource}"', ?) WHERE sequence = ?`,
    ),
    move: database.prepare(`UPDATE messages SET queue = ? WHERE sequence = ?`),
    countWaiting: database.prepare(
      `SELECT count(*) FILTER (WHERE receives > 0) AS invisible, count(*) FILTER (WHERE receives = 0) AS delayed
       FROM messages WHERE queue = ? AND due_at_ms IS NOT NULL`,
    ),
    countInFlight: database.prepare(
      `SELECT name, count(*) AS in_flight FROM messages JOIN queues ON queues.id = queue
       WHERE due_at_ms IS NOT NULL AND receives > 0 GROUP BY queue`,
    ),
    countConsumed: database.prepare(`SELECT count(*) AS held FROM messages WHERE holder IS NOT NULL AND queue = ?`),
    lastSequence: database.prepare(`SELECT max(sequence) AS sequence FROM messages`),
    oldestReady: database.prepare(
      `SELECT sequence, sent_at_ms FROM messages WHERE queue = ? AND ${ready} ORDER BY sequence LIMIT ?`,
    ),
    oldestWaiting: database.prepare(
      `SELECT sequence, sent_at_ms FROM messages
       WHERE queue = ? AND due_at_ms IS NOT NULL AND holder IS NULL ORDER BY sequence LIMIT ?`,
    ),
  };
}
