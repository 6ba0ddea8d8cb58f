import type { DeleteOutcome, GetOptions, HideOutcome, HoldCounts } from "../../../ports/broker/holds.ts";
import type { StoredMessage } from "../broker/messages/stored-message.ts";

/** What the worker thread does for those who receive messages for a time. Undefined: there is no such queue. */
export interface HoldOperations {
  getMany(queue: string, options: GetOptions): StoredReceive | undefined;
  /** Announces once when the queue has a message that is ready. False when there is no such queue. */
  hangBell(queue: string): boolean;
  deleteHeld(queue: string, receipts: readonly string[]): readonly DeleteOutcome[];
  hideHeld(
    queue: string,
    changes: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): readonly HideOutcome[];
  /** When the message was sent that stands first; undefined where there is none. */
  oldestSentAtMs(queue: string): number | undefined;
  /** Received and invisible, by queue. */
  countInFlight(): ReadonlyMap<string, number>;
  countHeld(queue: string): HoldCounts | undefined;
  /** Where the next message will stand behind: messages up to here were sent before. */
  lastSequence(): number;
  /** Deletes up to `limit` messages that stand there or before, unless a consumer has them. @returns how many. */
  clearSlice(queue: string, lastSequence: number, limit: number): number;
  /** Deletes up to `limit` messages that were sent at that time or before. @returns how many. */
  expireSlice(queue: string, sentAtMsMax: number, limit: number): number;
}

/** What a receive has come to. */
export interface StoredReceive {
  readonly held: readonly StoredHold[];
  /** Those that went to the dead-letter queue. */
  readonly moved: readonly { readonly messageId: string; readonly receives: number }[];
}

/** A message that was received, on its way back. */
export interface StoredHold {
  readonly message: StoredMessage;
  readonly receipt: string;
  readonly receives: number;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly sequenceNumber?: string;
}
