import type { DatabaseSync } from "node:sqlite";
import type { QueueDeclaration } from "../../../../domain/queue/declaration.ts";
import { isFifoQueue } from "../../../../domain/queue/fifo.ts";
import { FifoSends } from "../../fifo/fifo-sends.ts";
import { SHOWN_BYTES_MAX } from "../../../../ports/broker/inspector.ts";
import { PARKED_QUEUE, SYSTEM_QUEUES } from "../../../../domain/queue/queues.ts";
import type { ArchiveTables } from "../../archive/archive-tables.ts";
import { messageStatements } from "./message-statements.ts";
import type { PackedMessages } from "./packed-messages.ts";
import type { StoredMessage } from "./stored-message.ts";

const BALLAST_BYTES = 1024 * 1024;

export interface Queue {
  readonly id: number;
  readonly name: string;
  readonly singleActiveConsumer: boolean;
  readonly isFifo: boolean;
}

/** A message picked from a queue, its body not read yet. */
interface Picked {
  readonly sequence: number;
  readonly bodyBytes: number;
}

/** A message whose time has come. */
export interface Due {
  readonly queue: string;
  readonly latenessMs: number;
  /** Whether it was delayed; else somebody had received it and not deleted it. */
  readonly wasDelayed: boolean;
}

/** The statements on the database. It opens no transaction: whoever calls it does. */
export class MessageTables {
  readonly #statements: ReturnType<typeof messageStatements>;

  /** What comes into FIFO queues. */
  readonly fifo: FifoSends;
  readonly #archives: ArchiveTables;

  constructor(database: DatabaseSync, archives: ArchiveTables) {
    this.#archives = archives;
    this.fifo = new FifoSends(database);
    this.#statements = messageStatements(database);
  }

  /** A queue that exists is left as it is. */
  declare(queues: readonly QueueDeclaration[]): void {
    for (const queue of queues) {
      const { name, singleActiveConsumer, parking, retention } = queue;
      if (retention !== undefined) {
        this.#archives.declare(queue);
        continue;
      }
      this.#statements.declare.run(name, singleActiveConsumer ? 1 : 0, parking?.crashesMax ?? null);
      const fifo = isFifoQueue(name) ? this.queue(name) : undefined;
      if (fifo !== undefined) this.fifo.adopt(fifo.id);
    }
  }

  /** Deletes a queue without messages but those in somebody's hands. @returns false when it has others. */
  removeQueue({ id }: Queue): boolean {
    if (this.#statements.waiting.get(id, id) !== undefined) return false;
    for (const { sequence } of this.#statements.held.all(id)) this.remove(Number(sequence));
    this.#statements.removeQueue.run(id);
    return true;
  }

  queue(name: string): Queue | undefined {
    const row = this.#statements.queue.get(name);
    if (row === undefined) return undefined;
    const singleActiveConsumer = row["single_active_consumer"] === 1;
    return { id: Number(row["id"]), name, singleActiveConsumer, isFifo: isFifoQueue(name) };
  }

  /** Stores what it can, and returns the positions of the messages whose queue is missing. */
  add({ envelopes, bodies }: PackedMessages, dueAtMs: number | undefined): number[] {
    const unroutable: number[] = [];
    let from = 0;
    for (const [index, envelope] of envelopes.entries()) {
      const body = bodies.subarray(from, (from += envelope.bodyBytes));
      const queue = this.queue(envelope.queue);
      if (queue === undefined) {
        if (!this.#archives.append(envelope, body)) unroutable.push(index);
        continue;
      }
      if (queue.isFifo) {
        this.fifo.add(queue.id, envelope, body, dueAtMs);
        continue;
      }
      const { lastInsertRowid } = this.#statements.addMessage.run(queue.id, dueAtMs ?? null, Date.now());
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

  /** Whether the queue has a message that is ready; of a FIFO queue, one that a receive would hand out. */
  hasReady(queue: Queue): boolean {
    const { hasReady, hasReadyGroup } = this.#statements;
    return (queue.isFifo ? hasReadyGroup : hasReady).get(queue.id) !== undefined;
  }

  /** Makes up to `limit` messages ready whose time has come. */
  releaseDue(nowMs: number, limit: number): Due[] {
    return this.#statements.due.all(nowMs, limit).map((row) => {
      this.#statements.release.run(Number(row["sequence"]));
      const latenessMs = nowMs - Number(row["due_at_ms"]);
      return { queue: String(row["name"]), latenessMs, wasDelayed: row["receives"] === 0 };
    });
  }

  /** Makes every delayed message due so much earlier. */
  setBack(ms: number): void {
    this.#statements.setBack.run(ms);
    this.fifo.setBack(ms);
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
