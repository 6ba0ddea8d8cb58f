import type { Message } from "../../domain/queue/message.ts";
import type { DeleteOutcome, GetOptions, HeldMessage, QueueHolds } from "./holds.ts";

/** A message that is in its queue. For one that was sent before it is the one that was stored then. */
export interface AcceptedMessage {
  readonly id: string;
  /** 20 digits. It rises within each group. */
  readonly sequenceNumber: string;
}

export interface FifoGetOptions extends GetOptions {
  /**
   * Names the request. For 5 minutes the same one is answered with the same messages and receipts, invisible from now on for
   * so long again, unless one of them was deleted, changed or became visible.
   */
  readonly attemptId?: string | undefined;
}

/** What became of a delete. `expired`: the message is visible again, or was received again. Nothing was deleted. */
export type FifoDeleteOutcome = DeleteOutcome | "expired";

/**
 * Queues that keep the messages of each group in order (docs/adr/0087-the-first-invisible-message-locks-its-group.md).
 * What a message's group is and what it is deduplicated by is in its headers, as `fifoHeaders` writes them; `publish`
 * stores such a message in the same way.
 *
 * - A message is handed out when it is visible and no older one of its group is invisible. So a receive has messages of
 *   one group in order, and those behind them wait until all of these are deleted or visible.
 * - Groups take turns: one that has become available stands behind those that are.
 * - A message with the deduplication id of one that was sent less than 5 minutes ago is not stored, whatever has become
 *   of that one.
 */
export interface FifoQueues extends Omit<QueueHolds, "getMany" | "delete" | "inFlight"> {
  /**
   * Stores messages in their order. Resolves when all are durable, with undefined for each that was not stored.
   *
   * @param options.delayMs after so long, 15 minutes at most, they are handed out, and those behind them.
   */
  send(
    messages: readonly Message[],
    options?: { readonly delayMs?: number },
  ): Promise<readonly (AcceptedMessage | undefined)[]>;
  /** Hands out messages of the groups whose turn it is, without waiting. Undefined when there is no such queue. */
  getMany(queue: string, options: FifoGetOptions): Promise<readonly HeldMessage[] | undefined>;
  /** Deletes messages. Resolves when that is durable, with an outcome for each receipt, in order. */
  delete(queue: string, receipts: readonly string[]): Promise<readonly FifoDeleteOutcome[]>;
}
