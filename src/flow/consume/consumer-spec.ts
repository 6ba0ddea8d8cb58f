import type { MessageHandler } from "../../ports/broker/consumer.ts";

/**
 * How many messages a consumer holds at once. A consumer within the bounds is left as it is: a queue that one router
 * may consume gets its next consumer only when the longest handler in flight has ended.
 */
export interface MessageLimit {
  readonly least: number;
  /** For a new consumer. */
  readonly wanted: number;
  readonly most: number;
}

/** A queue to be consumed, and what for. */
export interface ConsumerSpec {
  /** For logs, and to find the consumer again. */
  readonly name: string;
  readonly queue: string;
  /** With another version, the queue is consumed anew. */
  readonly version?: string;
  /** How many messages to hold now; undefined to take none. */
  readonly limit: () => MessageLimit | undefined;
  readonly handle: MessageHandler;
}
