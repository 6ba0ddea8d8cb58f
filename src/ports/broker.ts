import type { DeadLetterFact } from "./observer.ts";

/** The broker port. Two implementations, one contract suite: RabbitMQ, and SQLite for one process with no server. */

/** How long a message's body may be, in bytes: what RabbitMQ 4 takes by default. Longer ones are refused for good. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

export type HeaderValue = string | number;

/** A message to be stored. The body is what consumers read; everything else travels in headers. */
export interface Message {
  readonly queue: string;
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** Bodies that people are shown at once, one message at least: answers hold them whole. */
export const SHOWN_BYTES_MAX = 8 * 1_048_576;

/** A message handed out by the broker. */
export interface Received {
  readonly queue: string;
  readonly id: string;
  readonly body: Buffer;
  /** As received: whatever anybody put there. Check before use. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** How often it was handed out before and neither settled nor given back in good order: mostly, how often a router died holding it. */
  readonly crashes: number;
}

/** A queue as the broker must have it. */
export interface QueueDeclaration {
  readonly name: string;
  /** Ours are made with our arguments; a configured queue that exists is taken as found. */
  readonly owner: "busbar" | "user";
  /** One consumer at a time over all routers, with another taking over when it goes. */
  readonly singleActiveConsumer?: boolean;
}

export interface Depth {
  readonly ready: number;
  readonly consumers: number;
}

/** Why the broker did not take a message. One that is `unstorable` is too long for every queue, now and later. */
export type PublishFailureReason =
  "unroutable" | "refused" | "unstorable" | "timeout" | "blocked" | "disconnected" | "full";

export interface PublishFailure {
  /** Position in the list given to `publish`. */
  readonly index: number;
  readonly reason: PublishFailureReason;
}

/** Some messages of a `publish` were not confirmed. They may have been stored all the same: never assume that they were not. */
export class PublishError extends Error {
  override readonly name = "PublishError";
  readonly failures: readonly PublishFailure[];
  constructor(failures: readonly PublishFailure[], options?: ErrorOptions) {
    const reasons = [...new Set(failures.map((failure) => failure.reason))].join(", ");
    super(`the broker did not confirm ${failures.length} message(s): ${reasons}`, options);
    this.failures = failures;
  }
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

/**
 * Resolves: the message is acked. Rejects: it goes back after a pause of 1 s doubling to 30 s.
 *
 * @param lost fires when the message is no longer this router's: its connection has gone, and the broker hands it out
 *   again, to whichever router. A handler that has not begun by then rejects with the signal's reason; one that has goes on.
 */
export type MessageHandler = (message: Received, lost: AbortSignal) => Promise<void>;

export interface Consumer {
  /** Takes no more until `resume`; what is in flight goes on. Idempotent. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more, and resolves when every handler in flight has settled. */
  stop(): Promise<void>;
}

/** One message taken out of turn. Exactly one of the two is to be called, once. */
export interface Taken {
  readonly message: Received;
  ack(): Promise<void>;
  /** Back to the queue, not counted as a crash. */
  giveBack(): Promise<void>;
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

/** What one record of the control log may hold, and about what the whole log keeps: beyond it, the oldest records go. */
export const LOG_RECORD_BYTES_MAX = 64 * 1024;
export const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** A small durable log that all routers share, for what operators decide while they run. Routers keep nothing themselves. */
export interface ControlLog {
  /** Resolves when the record is durable; rejects with `PublishError`. */
  append(record: Buffer): Promise<void>;
  /**
   * Tells every record in order, from the oldest that is kept, and goes on with each that any router appends. Resolves
   * once all that was confirmed before the call has been told. Survives reconnects: then none is told twice or left out.
   */
  follow(listener: (record: Buffer) => void): Promise<void>;
}

export interface Broker extends ControlLog {
  /** Makes what is missing. Idempotent; run again on every reconnect with everything declared so far. */
  declare(queues: readonly QueueDeclaration[]): Promise<void>;
  /**
   * Resolves when every message is durable; rejects with `PublishError` naming those that are not, or not within 5 s.
   * With `delayMs` they are handed out that much later: never early, durable while they wait.
   */
  publish(messages: readonly Message[], options?: { readonly delayMs?: number }): Promise<void>;
  /** Hands out messages, at most `limit` in flight at once, in order while nothing fails. Survives reconnects. */
  consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer>;
  /** Waits for one message until the signal fires; undefined when it fired first, and then nothing was taken. */
  take(queue: string, signal: AbortSignal): Promise<Taken | undefined>;
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
  /** Tells every router that listens, this one included. Not durable. */
  broadcast(body: Buffer): Promise<void>;
  /** Hears what is broadcast, and what is sent to this router alone. */
  onBroadcast(listener: (body: Buffer) => void): void;
  /** Where `send` finds this router: another after each reconnect, undefined while it hears nothing. */
  readonly address: string | undefined;
  /**
   * Tells the router at an address alone. Not durable: resolves also when no router is there any more. Rejects when the
   * text is no address.
   */
  send(address: string, body: Buffer): Promise<void>;
  /** Whether a publish has a chance now. */
  readonly state: "connected" | "blocked" | "disconnected";
  close(): Promise<void>;
}

/** What a broker tells about itself, for metrics and logs. */
export interface BrokerEvents {
  connected(): void;
  disconnected(error: Error | undefined): void;
  blocked(reason: string): void;
  unblocked(): void;
  /** Publish to confirm, in seconds, of one call of `publish`. */
  confirmed(seconds: number): void;
  /** Something is wrong that a person must mend, such as a queue that exists with other arguments. */
  fault(message: string, error: unknown): void;
  /** The broker itself made a dead letter: of a delayed message whose queue is not there. It is stored. */
  deadLettered(fact: DeadLetterFact): void;
  /** A delayed message came out of the ladder this much after its time, in seconds. */
  delayedBy(seconds: number): void;
}
