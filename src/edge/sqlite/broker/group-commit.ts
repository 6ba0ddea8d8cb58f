import type { DatabaseSync } from "node:sqlite";
import { asError, isFull } from "../database.ts";
import type { Dispatched, Dispatcher } from "./consuming/dispatcher.ts";
import type { BrokerCall, FromWorker } from "./protocol.ts";
import { SetBack } from "./consuming/set-back.ts";
import type { Due, MessageTables } from "./messages/message-tables.ts";

/**
 * A turn of the worker is one transaction, and its length is how long everything else waits: 20 bodies of 1 MiB
 * took 93 ms, up to 161 ms, where 100 of 1 KB took 0.6 ms.
 */
const TURN_BYTES_MAX = 1024 * 1024;
const TURN_CALLS_MAX = 1_000;
const TURN_DUE_MAX = 500;
const RETRY_MS = 1_000;
/** Looks at the clock at least this often while a message waits, since it may be set meanwhile. */
const TIMER_MS_MAX = 5_000;

export interface GroupCommitParts {
  readonly database: DatabaseSync;
  readonly store: MessageTables;
  readonly dispatcher: Dispatcher;
  readonly perform: (call: BrokerCall) => unknown;
  /** How many bytes of bodies a call brings. */
  readonly weigh: (call: BrokerCall) => number;
  readonly send: (message: FromWorker) => void;
  readonly closed: () => void;
}

/** What a turn came to. It is sent only when the transaction is committed. */
interface Turn {
  readonly replies: readonly FromWorker[];
  readonly due: readonly Due[];
  readonly dispatched: Dispatched;
  /** How far delayed messages were set back, since the clock was. */
  readonly setBackMs: number;
}

/**
 * Runs everything that waits in one transaction: calls, delayed messages that are due, and handing out. Whatever
 * arrives while it commits shares the next one, so that one fsync confirms as many messages as there are.
 */
export class GroupCommit {
  readonly #parts: GroupCommitParts;
  readonly #calls: BrokerCall[] = [];
  readonly #setBack = new SetBack();
  #scheduled = false;
  #closing = false;
  /** Set while the disk is full. */
  #recovery: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
    this.#fillBallast();
    this.#schedule();
  }

  add(call: BrokerCall): void {
    this.#calls.push(call);
    this.#schedule();
  }

  /** Performs what has been called so far, and then closes the database. */
  close(): void {
    this.#closing = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the messages that are in the port already.
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    const calls = this.#nextCalls();
    if (this.#closing && calls.length === 0) return this.#close();
    try {
      this.#send(this.#inTransaction(() => this.#work(calls)));
    } catch (error) {
      this.#troubled(error);
      for (const call of calls) this.#performAlone(call);
      return this.#scheduleIn(RETRY_MS);
    }
    this.#scheduleNext();
  }

  #nextCalls(): BrokerCall[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#calls.length && count < TURN_CALLS_MAX && bytes < TURN_BYTES_MAX) {
      const call = this.#calls[count++];
      if (call !== undefined) bytes += this.#parts.weigh(call);
    }
    return this.#calls.splice(0, count);
  }

  #work(calls: readonly BrokerCall[]): Turn {
    const { store, dispatcher } = this.#parts;
    // Before anything is stored by the clock as it is now.
    const setBackMs = this.#setBack.pendingMs();
    if (setBackMs > 0) store.setBack(setBackMs);
    const replies = calls.map((call) => this.#reply(call));
    const due = store.releaseDue(Date.now(), TURN_DUE_MAX);
    for (const { queue } of due) dispatcher.wake(queue);
    return { replies, due, dispatched: dispatcher.dispatch(TURN_BYTES_MAX), setBackMs };
  }

  #send({ replies, due, dispatched, setBackMs }: Turn): void {
    const { dispatcher, send } = this.#parts;
    const { handedOut, rung } = dispatched;
    dispatcher.committed(dispatched);
    this.#setBack.settled(setBackMs);
    for (const reply of replies) send(reply);
    if (handedOut.length > 0) send({ kind: "handed-out", messages: handedOut });
    if (rung.length > 0) send({ kind: "rung", queues: rung });
    const delayed = due.filter(({ wasDelayed }) => wasDelayed);
    if (delayed.length > 0) send({ kind: "delayed", latenessMs: delayed.map(({ latenessMs }) => latenessMs) });
    const again = Map.groupBy(
      due.filter(({ wasDelayed }) => !wasDelayed),
      ({ queue }) => queue,
    );
    const counts = new Map([...again].map(([queue, list]) => [queue, list.length]));
    if (counts.size > 0) send({ kind: "visible-again", counts });
  }

  #troubled(error: unknown): void {
    const { dispatcher, send } = this.#parts;
    // Handing out was rolled back with the rest, so every queue must be checked again.
    dispatcher.wakeAll();
    if (isFull(error)) this.#block();
    else send({ kind: "fault", error: asError(error) });
  }

  /**
   * Settling and handing out need room too, if little, and are what makes room. So some is kept aside while there is
   * enough, let go when there is none, and taken back before anything new is stored.
   */
  #block(): void {
    if (this.#recovery !== undefined) return;
    this.#recovery = setInterval(() => this.#fillBallast(), RETRY_MS);
    this.#parts.send({ kind: "blocked", reason: "the disk is full" });
    try {
      this.#inTransaction(() => this.#parts.store.dropBallast());
    } catch (error) {
      this.#parts.send({ kind: "fault", error: asError(error) });
    }
  }

  #fillBallast(): void {
    try {
      this.#inTransaction(() => this.#parts.store.fillBallast());
    } catch (error) {
      return this.#troubled(error);
    }
    if (this.#recovery === undefined) return;
    clearInterval(this.#recovery);
    this.#recovery = undefined;
    this.#parts.send({ kind: "unblocked" });
  }

  /** After a turn that failed: one call that cannot be performed must not take the others with it. */
  #performAlone(call: BrokerCall): void {
    try {
      this.#parts.send(this.#inTransaction(() => this.#reply(call)));
    } catch (error) {
      this.#parts.send({ kind: "failure", call: call.call, full: isFull(error), error: asError(error) });
    }
  }

  #reply(call: BrokerCall): FromWorker {
    const stores = call.operation === "store" || call.operation === "sendFifo";
    if (stores && this.#recovery !== undefined) {
      return { kind: "failure", call: call.call, full: true, error: new Error("the disk is full") };
    }
    return { kind: "reply", call: call.call, value: this.#parts.perform(call) };
  }

  #inTransaction<T>(work: () => T): T {
    const { database } = this.#parts;
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back by itself when the disk is full.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  #scheduleNext(): void {
    if (this.#closing || this.#calls.length > 0 || this.#parts.dispatcher.hasMore) return this.#schedule();
    const dueAtMs = this.#parts.store.nextDueAtMs();
    if (dueAtMs !== undefined) this.#scheduleIn(dueAtMs - Date.now());
  }

  #scheduleIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#schedule(), Math.min(Math.max(delayMs, 0), TIMER_MS_MAX));
    if (this.#calls.length > 0 || this.#closing) this.#schedule();
  }

  #close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#recovery);
    this.#parts.database.close();
    this.#parts.closed();
  }
}
