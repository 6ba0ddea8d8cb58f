import type { Received } from "../../domain/queue/message.ts";

/** How long SQS lets a receive keep a message invisible, extensions included: 12 hours. */
export const INVISIBLE_MS_MAX = 43_200_000;

/** A router holds as many messages as it may: some have to be deleted, or become visible, before it receives more. */
export class HoldLimitError extends Error {
  override readonly name = "HoldLimitError";
  constructor(holdsMax: number) {
    super(`this router holds up to ${holdsMax} messages that were received, and has no room for more`);
  }
}

/** Which messages a receive hands out, and for how long. */
export interface GetOptions {
  /** At least 1. */
  readonly limit: number;
  /** Takes no more messages once their bodies reach so many bytes. */
  readonly bytesMax: number;
  /** For how long they are invisible, 0..`QueueHolds.invisibleMsMax`. With 0 they are received and counted, and visible at once. */
  readonly invisibleMs: number;
  /** Older messages are deleted instead, in milliseconds since they were sent. Undefined where a queue keeps everything. */
  readonly retentionMs?: number | undefined;
  /** Messages that were received so often move to the other queue instead, with their receive count. */
  readonly redrive?: { readonly queue: string; readonly receivesMax: number } | undefined;
}

/** A message in somebody's hands. It is invisible to everybody else until it is deleted or its time is over. */
export interface HeldMessage {
  readonly message: Received;
  /**
   * Names this receive of the message, at every router and after every restart: 1 to 500 characters of `A-Za-z0-9_-`.
   * Each receive has another one.
   */
  readonly receipt: string;
  /** How often the message was received, this time included, or handed to a consumer that died with it. */
  readonly receives: number;
  /** Epoch milliseconds. */
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  /** In a FIFO queue: 20 digits, which rise within each group. */
  readonly sequenceNumber?: string;
}

/** What became of a delete. A message that is gone already is deleted. */
export type DeleteOutcome = "deleted" | "malformed";

/**
 * What became of a change of visibility.
 *
 * - `gone`: the message was deleted, or has moved to its dead-letter queue. With RabbitMQ also: it is visible again.
 * - `too-long`: it would be invisible for more than `invisibleMsMax` since its last receive. Nothing was changed.
 * - `malformed`: the receipt is none of this queue.
 */
export type HideOutcome = "changed" | "gone" | "too-long" | "malformed";

/**
 * Why a message is visible again that nobody gave back.
 *
 * - `time`: nobody deleted it in its time.
 * - `connection`: the connection over which RabbitMQ had handed it out was lost.
 */
export type VisibleAgainReason = "time" | "connection";

/** A message that had been received as often as its queue allows has moved to the dead-letter queue. */
export interface ReceivedTooOftenFact {
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly messageId: string;
  readonly receives: number;
}

/** What is in a queue. RabbitMQ may be some seconds behind. */
export interface HoldCounts {
  readonly visible: number;
  readonly invisible: number;
  /** Sent with a delay that is not over. */
  readonly delayed: number;
}

/**
 * Queues whose messages are received for a time, as SQS has them: what is not deleted comes back. Any router settles
 * what another one handed out.
 *
 * A message that is visible is an ordinary message of its queue: `consume`, `take` and `browse` meet it too. A driver may
 * make one visible before its time is over when a router dies, never later. Receive counts survive that.
 *
 * Messages sent through this API carry `HEADER.sentAt`, for drivers that keep no time of their own.
 */
export interface QueueHolds {
  /** For how long the driver keeps a message invisible since its receive, extensions included: `INVISIBLE_MS_MAX` or less. */
  readonly invisibleMsMax: number;
  /**
   * Hands out the oldest visible messages, without waiting.
   *
   * @returns undefined when there is no such queue.
   * @throws RangeError for more than `invisibleMsMax`, HoldLimitError, QueueRefusedError.
   */
  getMany(queue: string, options: GetOptions): Promise<readonly HeldMessage[] | undefined>;
  /**
   * Waits until `getMany` is likely to find something. One bell serves every poll of a router that waits for the queue.
   *
   * @returns false when the signal fired first, the broker went away, or there is no such queue.
   */
  bell(queue: string, signal: AbortSignal): Promise<boolean>;
  /** Deletes messages. Resolves when that is durable, with an outcome for each receipt, in order. */
  delete(queue: string, receipts: readonly string[]): Promise<readonly DeleteOutcome[]>;
  /**
   * Makes messages invisible from now on for so long, or with 0 gives them back at once. Embedded, a receipt stays good for
   * a message that has become visible. Resolves with an outcome for each, in order.
   */
  hide(
    queue: string,
    changes: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): Promise<readonly HideOutcome[]>;
  /** Refuses a queue whose messages the broker never shows or moves for operators. @throws QueueRefusedError */
  requireBrowsable(queue: string): void;
  /** Undefined when there is no such queue. */
  counts(queue: string): Promise<HoldCounts | undefined>;
  /** Whether counts of what is invisible and delayed are those of the router that is asked, and not of all. */
  readonly countsOfOneRouter: boolean;
  /** When the oldest message was sent, in epoch milliseconds. Undefined of an empty queue, and with RabbitMQ of every one. */
  oldestSentAtMs(queue: string): Promise<number | undefined>;
  /** Messages that somebody has received and that are invisible, by queue: of this router, or embedded of all. */
  inFlight(): Promise<ReadonlyMap<string, number>>;
  /** Deletes what was sent before the call, whether visible, invisible or delayed. @returns how many, about. */
  clear(queue: string): Promise<number>;
  /** How long ago some router cleared the queue, in milliseconds, as far as this one has heard. Embedded there is no other. */
  clearedAgoMs(queue: string): number | undefined;
  /** Deletes what was sent so long ago or longer, whether visible or not. @returns how many. */
  expire(queue: string, retentionMs: number): Promise<number>;
}
