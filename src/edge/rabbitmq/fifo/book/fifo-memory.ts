import { ClearedQueues } from "./cleared-queues.ts";
import { DeletedKeys } from "./deleted-keys.ts";
import { MessageLeases } from "./message-leases.ts";
import type { FifoSentRecord } from "./sent-before.ts";
import { SentBefore } from "./sent-before.ts";

/** What a router knows of FIFO queues, should it own one some day. */
export class FifoMemory {
  readonly leases = new MessageLeases();
  readonly deleted = new DeletedKeys();
  /** What was deleted and still counts as sent. */
  readonly sent = new SentBefore();
  readonly #cleared = new ClearedQueues();

  /** When the queue was cleared last, epoch milliseconds; 0 where that is not known. */
  clearedAtMs(queue: string): number {
    return this.#cleared.atMs(queue);
  }

  /** What was sent before is deleted, and does not count as sent. */
  clear(queue: string, atMs: number): void {
    this.#cleared.clear(queue, atMs);
    this.sent.clear(queue, atMs);
  }

  /** @param sent what later messages are deduplicated by */
  wasDeleted(key: string, sent: FifoSentRecord | undefined): void {
    this.deleted.add(key);
    this.leases.forget(key);
    if (sent !== undefined) this.sent.add(sent);
  }
}
