import { doublingMs } from "../async/doubling.ts";
import type { Received } from "../domain/queue/message.ts";

/** How long a message stays with its consumer after the nth failure in a row, in milliseconds: 1 s, doubling to 30 s. */
export function handBackMs(failures: number): number {
  return doublingMs(failures, 1_000, 30_000);
}

/**
 * Resolves: the message is acked. Rejects: it goes back to its queue after `handBackMs`.
 *
 * @param lost fires when the message is no longer this router's: its connection has gone, and the broker hands it out
 *   again, to whichever router. A handler that has not begun by then rejects with the signal's reason; one that has goes on.
 */
export type MessageHandler = (message: Received, lost: AbortSignal) => Promise<void>;

/** One queue being consumed. */
export interface Consumer {
  /** Takes no more until `resume`; what is in flight goes on. Idempotent. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more, and resolves when every handler in flight has settled. */
  stop(): Promise<void>;
}

/** Consumes queues. */
export interface Consumers {
  /** Hands out messages, at most `limit` in flight at once, in order while nothing fails. Survives reconnects. */
  consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer>;
}
