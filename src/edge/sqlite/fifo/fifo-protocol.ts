import type { FifoDeleteOutcome, FifoGetOptions } from "../../../ports/broker/fifo-queues.ts";
import type { HideOutcome } from "../../../ports/broker/holds.ts";
import type { PackedMessages } from "../broker/messages/packed-messages.ts";
import type { StoredReceive } from "../holds/holds-protocol.ts";
import type { FifoPlace } from "./fifo-sends.ts";

/** What the worker thread does for FIFO queues. Undefined: there is no such queue. */
export interface FifoOperations {
  /** Stores messages in their order, all of them of FIFO queues. */
  sendFifo(messages: PackedMessages, delayMs: number): readonly (FifoPlace | undefined)[];
  getManyFifo(queue: string, options: FifoGetOptions): StoredReceive | undefined;
  deleteFifo(queue: string, receipts: readonly string[]): readonly FifoDeleteOutcome[];
  hideFifo(
    queue: string,
    changes: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): readonly HideOutcome[];
  /** Nothing counts as sent before. */
  forgetFifo(queue: string): void;
}
