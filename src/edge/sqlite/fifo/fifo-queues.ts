import { TimeLimitError, within } from "../../../async/time-limit.ts";
import type { Message } from "../../../domain/queue/message.ts";
import type {
  AcceptedMessage,
  FifoDeleteOutcome,
  FifoGetOptions,
  FifoQueues,
} from "../../../ports/broker/fifo-queues.ts";
import type { HeldMessage, HideOutcome, HoldCounts } from "../../../ports/broker/holds.ts";
import type { BrokerThread } from "../broker/broker-thread.ts";
import { CONFIRM_TIMEOUT_MS, pack } from "../broker/messages/message.ts";
import { DatabaseError } from "../database-thread.ts";
import { fifoSequenceNumber } from "../holds/hold-tables.ts";
import type { SqliteHolds } from "../holds/holds.ts";

/** FIFO queues in the database: exact, and unmoved by a restart. */
export class SqliteFifoQueues implements FifoQueues {
  readonly #client: BrokerThread;
  readonly #holds: SqliteHolds;

  /** @param holds does what is the same for a standard queue. */
  constructor(client: BrokerThread, holds: SqliteHolds) {
    this.#client = client;
    this.#holds = holds;
  }

  get invisibleMsMax(): number {
    return this.#holds.invisibleMsMax;
  }

  async send(
    messages: readonly Message[],
    { delayMs = 0 }: { readonly delayMs?: number } = {},
  ): Promise<readonly (AcceptedMessage | undefined)[]> {
    const packed = pack(messages);
    const sending = this.#client.call("sendFifo", [packed, delayMs], [packed.bodies.buffer]);
    try {
      const places = await within(CONFIRM_TIMEOUT_MS, "storing messages", sending);
      return places.map((place) => place && { id: place.id, sequenceNumber: fifoSequenceNumber(place.sequence) });
    } catch (error) {
      if (error instanceof TimeLimitError || error instanceof DatabaseError) return messages.map(() => undefined);
      throw error;
    }
  }

  async getMany(queue: string, options: FifoGetOptions): Promise<readonly HeldMessage[] | undefined> {
    const received = await this.#client.call("getManyFifo", [queue, options]);
    return received && this.#holds.handedOut(queue, options, received);
  }

  bell(queue: string, signal: AbortSignal): Promise<boolean> {
    return this.#holds.bell(queue, signal);
  }

  async delete(queue: string, receipts: readonly string[]): Promise<readonly FifoDeleteOutcome[]> {
    return await this.#client.call("deleteFifo", [queue, receipts]);
  }

  async hide(
    queue: string,
    changes: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): Promise<readonly HideOutcome[]> {
    return await this.#client.call("hideFifo", [queue, changes]);
  }

  requireBrowsable(): void {
    // The database shows and moves every queue.
  }

  counts(queue: string): Promise<HoldCounts | undefined> {
    return this.#holds.counts(queue);
  }

  get countsOfOneRouter(): boolean {
    return this.#holds.countsOfOneRouter;
  }

  oldestSentAtMs(queue: string): Promise<number | undefined> {
    return this.#holds.oldestSentAtMs(queue);
  }

  clearedAgoMs(): undefined {
    return undefined;
  }

  async clear(queue: string): Promise<number> {
    await this.#client.call("forgetFifo", [queue]);
    return await this.#holds.clear(queue);
  }

  expire(queue: string, retentionMs: number): Promise<number> {
    return this.#holds.expire(queue, retentionMs);
  }
}
