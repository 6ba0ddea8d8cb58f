import type { Received } from "../../domain/queue/message.ts";

/** How many bytes of bodies a person is shown at once. One message is always shown: answers hold them whole. */
export const SHOWN_BYTES_MAX = 8 * 1_048_576;

export interface Depth {
  /** Messages that a consumer could get now: neither delayed nor held. */
  readonly ready: number;
  readonly consumers: number;
}

/**
 * Why a queue that exists refuses a request. Asking again does not help.
 *
 * - `locked`: another connection declared the queue as its own, and nobody else may use it.
 * - `forbidden`: the router's user has no permission for the queue.
 * - `kind`: queues of its kind, such as streams, cannot do it.
 */
export type QueueRefusal = "locked" | "forbidden" | "kind";

/** A queue refuses a request, now and later. */
export class QueueRefusedError extends Error {
  override readonly name = "QueueRefusedError";
  readonly refusal: QueueRefusal;
  constructor(refusal: QueueRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

/** Counts what is in a queue. */
export interface QueueCounts {
  /** @returns undefined when there is no such queue. @throws QueueRefusedError */
  depth(queue: string): Promise<Depth | undefined>;
}

/** One message that a browse has met. */
export interface Browsed {
  readonly message: Received;
  /** Takes the message out of the queue. Whatever it is moved to must be confirmed before. */
  remove(): Promise<void>;
}

/** One reader's way through a queue, from its head. What it has met goes to nobody else until it ends. */
export interface Browsing {
  /** How many messages of the queue it has met. A pack is one of them, whatever it holds. */
  readonly met: number;
  /**
   * The next messages, at least one and at most `limit`; none when no more are ready. Of a pack they are its deliveries,
   * all of them.
   *
   * @throws QueueRefusedError; Error when the browse has ended, or its connection is lost and everything went back.
   */
  next(limit: number): Promise<readonly Browsed[]>;
  /**
   * Gives back everything that was not removed, in any order: RabbitMQ keeps the order of 32 messages at most. Does
   * nothing when it is called again.
   *
   * @throws when all is given back, and deliveries of a pack that were removed as well: the others could not be stored.
   */
  end(): Promise<void>;
}

/** Goes through queues message by message, on behalf of people. */
export interface QueueBrowser {
  /**
   * Begins to browse a queue that exists. Each message that is met counts as handed out, as with `peek`, and as crashed
   * when the browse does not end in good order.
   */
  browse(queue: string): Promise<Browsing>;
}

/** Shows and empties queues on behalf of people. */
export interface Inspector extends QueueCounts, QueueBrowser {
  /**
   * Reads up to `limit` messages, or `SHOWN_BYTES_MAX` of bodies, and puts them back. The broker counts that as handing
   * them out: only for queues without a delivery limit.
   *
   * @throws QueueRefusedError; Error when there is no such queue.
   */
  peek(queue: string, limit: number): Promise<readonly Received[]>;
  /** Deletes the messages that are ready. @returns how many. @throws QueueRefusedError */
  purge(queue: string): Promise<number>;
}
