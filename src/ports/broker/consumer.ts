import { doublingMs } from "../../async/doubling.ts";
import type { Received } from "../../domain/queue/message.ts";

/** How long a message stays with its consumer after the nth failure in a row, in milliseconds: 1 s, doubling to 30 s. */
export function handBackMs(failures: number): number {
  return doublingMs(failures, 1_000, 30_000);
}

/**
 * The reason of `lost` where the consumer gives back by itself what has not begun, and waits for the handlers before that:
 * its pause, its stop. Of a connection that is lost, the reason is another.
 */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
  constructor() {
    super("the consumer gives its messages back");
  }
}

/**
 * Resolves: the message is acked. Rejects: it goes back to its queue after `handBackMs`.
 *
 * @param lost fires when the message belongs to this router no more: its connection is lost, and the broker hands it out
 *   again, to any router. A handler that has not begun by then rejects with the signal's reason; one that has goes on.
 *   Of a queue that keeps its order all messages are lost at once, also where the consumer pauses or stops
 *   (`ReleaseError`), and where a handler rejects otherwise: they come again in their order.
 */
export type MessageHandler = (message: Received, lost: AbortSignal) => Promise<void>;

/** One queue being consumed. */
export interface Consumer {
  /** Takes no more until `resume`. Handlers that run go on. Idempotent. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more, and resolves when every handler has settled. */
  stop(): Promise<void>;
}

/** Consumes queues. */
export interface Consumers {
  /**
   * Hands out messages, in order while nothing fails. Goes on after a reconnect.
   *
   * @param limit how many messages are in flight at once.
   * @throws Error when there is no such queue.
   */
  consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer>;
}
