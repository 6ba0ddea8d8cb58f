import type { Received } from "../domain/queue/message.ts";

/** Bodies that people are shown at once, one message at least: answers hold them whole. */
export const SHOWN_BYTES_MAX = 8 * 1_048_576;

export interface Depth {
  readonly ready: number;
  readonly consumers: number;
}

/**
 * Why a queue that exists does not do what is asked of it. Asking again does not help.
 *
 * - `locked`: another connection declared it as its own, and nobody else may use it.
 * - `forbidden`: the router's user has no permission for it.
 * - `kind`: queues of its kind, such as streams, cannot do it.
 */
export type QueueRefusal = "locked" | "forbidden" | "kind";

/** A queue refuses what is asked of it, now and later. */
export class QueueRefusedError extends Error {
  override readonly name = "QueueRefusedError";
  readonly refusal: QueueRefusal;
  constructor(refusal: QueueRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

/** One message met on a look through a queue. */
export interface Browsed {
  readonly message: Received;
  /** Takes it out of the queue. What it is taken out for must be confirmed before. */
  remove(): Promise<void>;
}

/** One reader's look through a queue, from its head. What it has met is handed to nobody else until it ends. */
export interface Browsing {
  /** The next messages, at least one and at most `limit`; none when no more are ready. Rejects when all went back already. */
  next(limit: number): Promise<readonly Browsed[]>;
  /**
   * Gives back everything that was not removed, in any order: RabbitMQ keeps it for 32 messages and no more. Never
   * rejects; the second time it does nothing.
   */
  end(): Promise<void>;
}

/** Looks into queues on behalf of people. */
export interface Inspector {
  /** Undefined when there is no such queue. Rejects with `QueueRefusedError`, as `peek`, `browse` and `purge` do. */
  depth(queue: string): Promise<Depth | undefined>;
  /**
   * Reads up to `limit` messages, and no more once they have `SHOWN_BYTES_MAX` bytes, and puts them back. Counts as a
   * handing-out, so only for queues people look into.
   */
  peek(queue: string, limit: number): Promise<readonly Received[]>;
  /**
   * Begins a look through a queue that exists. Each message met counts as handed out, as with `peek`, and as a crash
   * when the look does not end in good order.
   */
  browse(queue: string): Promise<Browsing>;
  /** Deletes the messages that are ready and says how many they were. */
  purge(queue: string): Promise<number>;
}
