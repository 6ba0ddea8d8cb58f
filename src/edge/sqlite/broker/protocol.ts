import type { Depth } from "../../../ports/broker/inspector.ts";
import type { ArchiveOperations } from "../archive/archive-protocol.ts";
import type { FifoOperations } from "../fifo/fifo-protocol.ts";
import type { HoldOperations } from "../holds/holds-protocol.ts";
import type { PackedMessages } from "./messages/packed-messages.ts";
import type { StoredMessage } from "./messages/stored-message.ts";
import type { ThreadAnswer, ThreadCall } from "../database-thread.ts";
import type { QueueDeclaration } from "../../../domain/queue/declaration.ts";

/** What the worker thread does for the main thread. Every call is one message there and one back, in order. */
export interface BrokerOperations extends ArchiveOperations, HoldOperations, FifoOperations {
  declare(queues: readonly QueueDeclaration[]): void;
  /** Deletes a queue without messages but those that consumers hold. @returns false when it has others */
  removeQueue(queue: string): boolean;
  /** Stores what it can, and returns the positions of the messages whose queue is missing. */
  store(messages: PackedMessages, delayMs: number | undefined): readonly number[];
  /** Hands it messages from now on. False when there is no such queue. */
  subscribe(subscription: TableSubscription): boolean;
  /** Hands it no more. What it holds it goes on holding. */
  unsubscribe(consumer: number): void;
  /** Hands it no more, and gives back all that it holds. */
  release(queue: string, consumer: number): void;
  settle(queue: string, sequence: number, settlement: Settlement): void;
  depth(queue: string): Depth | undefined;
  /** Undefined when there is no such queue. */
  peek(queue: string, limit: number): readonly StoredMessage[] | undefined;
  /** Hands the next messages to a reader, or fewer when they are large. Undefined when there is no such queue. */
  browse(queue: string, reader: number, limit: number): readonly StoredMessage[] | undefined;
  /** Gives back up to `limit` of the messages that a reader holds, and returns how many. */
  endBrowseSlice(queue: string, reader: number, limit: number): number;
  /** Deletes up to `limit` of the messages that are ready, or fewer when they are large, and returns how many. */
  purgeSlice(queue: string, limit: number): number | undefined;
  appendRecord(record: Uint8Array): void;
  /** The records that follow a position, the oldest first: not all at once when there are many. */
  recordsAfter(position: number): readonly LogRecord[];
}

export interface LogRecord {
  /** Grows from record to record. */
  readonly position: number;
  readonly record: Uint8Array;
}

export type Settlement = "ack" | "give-back";

export interface TableSubscription {
  /** Chosen by the main thread, never used twice. */
  readonly consumer: number;
  readonly queue: string;
  readonly limit: number;
  /** Ends with the first message. */
  readonly once: boolean;
}

export interface HandedOut {
  readonly consumer: number;
  readonly message: StoredMessage;
}

/** What the worker thread is started with. */
export interface WorkerSettings {
  readonly folder: string;
  readonly storeBytesMax: number | undefined;
}

export interface BrokerCall extends ThreadCall {
  readonly operation: keyof BrokerOperations;
}

export type ToWorker = BrokerCall | "close";

export type FromWorker = ThreadAnswer | BrokerReport;

/** What the worker says by itself. */
export type BrokerReport =
  | { readonly kind: "handed-out"; readonly messages: readonly HandedOut[] }
  | { readonly kind: "rung"; readonly queues: readonly string[] }
  | { readonly kind: "delayed"; readonly latenessMs: readonly number[] }
  | { readonly kind: "visible-again"; readonly counts: ReadonlyMap<string, number> }
  | { readonly kind: "blocked"; readonly reason: string }
  | { readonly kind: "unblocked" }
  | { readonly kind: "fault"; readonly error: Error };
