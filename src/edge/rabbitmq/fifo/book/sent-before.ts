import { FIFO_MEMORY_MS } from "../../../../domain/queue/fifo.ts";
import { ClearedQueues } from "./cleared-queues.ts";

/** A message that was sent, by one of the keys that later ones are deduplicated by. */
export interface FifoSentRecord {
  readonly queue: string;
  /** Of the deduplication. */
  readonly key: string;
  readonly id: string;
  readonly sequenceNumber: string;
  /** Epoch milliseconds, of the sender. */
  readonly sentAtMs: number;
}

const RECORDS_MAX = 1_000_000;
/** Twice as long as a record counts: clocks of routers differ. */
const KEPT_MS = 2 * FIFO_MEMORY_MS;

interface Kept {
  readonly record: FifoSentRecord;
  /** On the clock of `performance.now`. Anybody may have written when a message was sent. */
  readonly untilMs: number;
}

/** What was sent in the last 5 minutes, by deduplication key. The oldest are forgotten first. */
export class SentBefore {
  readonly #byKey = new Map<string, Kept>();
  readonly #cleared = new ClearedQueues();

  /** The first one stays: a second of its key is its duplicate. */
  add(record: FifoSentRecord): void {
    const key = mapKey(record.queue, record.key);
    const first = this.#byKey.get(key)?.record;
    if (first !== undefined && this.#counts(first, record.sentAtMs) && first.sentAtMs <= record.sentAtMs) return;
    this.#byKey.delete(key);
    const nowMs = performance.now();
    this.#byKey.set(key, { record, untilMs: nowMs + KEPT_MS });
    for (const [oldest, { untilMs }] of this.#byKey) {
      if (untilMs > nowMs && this.#byKey.size <= RECORDS_MAX) return;
      this.#byKey.delete(oldest);
    }
  }

  /** The message that one of these keys, sent now, is a duplicate of. */
  find(queue: string, keys: readonly string[], sentAtMs: number): FifoSentRecord | undefined {
    for (const key of keys) {
      const record = this.#byKey.get(mapKey(queue, key))?.record;
      if (record !== undefined && this.#counts(record, sentAtMs)) return record;
    }
    return undefined;
  }

  /** What was sent to the queue before does not count. @param atMs epoch milliseconds */
  clear(queue: string, atMs: number): void {
    this.#cleared.clear(queue, atMs);
  }

  /** Of two messages with one key that were sent 5 minutes apart both are stored, whichever is deleted first. */
  #counts({ queue, sentAtMs }: FifoSentRecord, nowMs: number): boolean {
    return Math.abs(nowMs - sentAtMs) < FIFO_MEMORY_MS && sentAtMs >= this.#cleared.atMs(queue);
  }
}

function mapKey(queue: string, key: string): string {
  return JSON.stringify([queue, key]);
}
