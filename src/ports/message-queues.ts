import type { QueueConfig } from "../domain/queue/queue-config.ts";
import type { HeaderValue } from "../domain/queue/message.ts";
import type { QueueObserver } from "./queue-observer.ts";
import type { FifoDeleteOutcome } from "./broker/fifo-queues.ts";
import type { HeldMessage, HideOutcome, HoldCounts } from "./broker/holds.ts";

/** A receive answers with no more once its bodies reach so many bytes: then it holds less than twice that. */
export const RECEIVE_BYTES_MAX = 1_048_576;

/** A message on its way into a queue. */
export interface OutgoingMessage {
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  /** The queue's own where it is not given. */
  readonly delaySeconds?: number | undefined;
}

export interface ReceiveRequest {
  /** Whose share of the polls that wait it counts to. */
  readonly share: string;
  readonly limit: number;
  /** The queue's own where they are not given. */
  readonly visibilityTimeoutSeconds?: number | undefined;
  readonly waitSeconds?: number | undefined;
  /** Names the request, for a FIFO queue: repeated, it is answered the same. */
  readonly attemptId?: string | undefined;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal;
  /** Called once before it waits, if it does. */
  readonly onWait: () => void;
}

/** A message that is stored. In a FIFO queue one that was sent before is the one that was stored then. */
export interface SentMessage {
  readonly id: string;
  /** Of a FIFO queue's message only. */
  readonly sequenceNumber?: string;
}

/** What was received. Its bytes count until `release` is called. */
export interface ReceivedMessages {
  readonly messages: readonly HeldMessage[];
  readonly release: () => void;
}

/**
 * - `no-queue`: the broker does not have it.
 * - `no-room`: too many polls wait, or too much is in flight.
 * - `too-many-held`: the router holds as many messages as it may.
 */
export type ReceiveRefusal = "no-queue" | "no-room" | "too-many-held";

/** Queues of messages that are received for a time, for those who speak SQS. */
export interface MessageQueues {
  readonly observer: Pick<QueueObserver, "refused">;
  /** Resolves when all are durable, in order; with undefined for each that is not. */
  send(queue: QueueConfig, messages: readonly OutgoingMessage[]): Promise<readonly (SentMessage | undefined)[]>;
  /** Hands out messages, or waits for the first. None when there are none in time. */
  receive(queue: QueueConfig, request: ReceiveRequest): Promise<ReceivedMessages | ReceiveRefusal>;
  /** Waits until a receive is likely to find something. @returns false when the signal fired, or there is no such queue now. */
  ready(queue: QueueConfig, signal: AbortSignal): Promise<boolean>;
  delete(queue: QueueConfig, receipts: readonly string[]): Promise<readonly FifoDeleteOutcome[]>;
  hide(
    queue: QueueConfig,
    changes: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): Promise<readonly HideOutcome[]>;
  /** Refuses a queue whose messages cannot be shown or moved with this broker. @throws QueueRefusedError */
  requireBrowsable(queue: QueueConfig): void;
  /** Receives that wait at this router, by queue. */
  readonly waitingPolls: ReadonlyMap<string, number>;
  /** When its oldest message was sent, in epoch milliseconds. Undefined where it is empty, or the broker does not say. */
  oldestSentAtMs(queue: QueueConfig): Promise<number | undefined>;
  /** Whether counts of what is in flight and delayed are those of one router. */
  countsOfOneRouter(queue: QueueConfig): boolean;
  counts(queue: QueueConfig): Promise<HoldCounts | undefined>;
  /** Deletes everything in it. @returns false when this router did so within the last minute: then nothing was deleted */
  purge(queue: QueueConfig): Promise<boolean>;
}
