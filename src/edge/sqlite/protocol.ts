import type { Depth } from "../../ports/inspector.ts";
import type { ThreadAnswer, ThreadCall } from "./database-thread.ts";
import type { QueueDeclaration } from "../../domain/queue/declaration.ts";

/** What the worker thread does for the main thread. Every call is one message there and one back, in order. */
export interface StoreOperations {
  declare(queues: readonly QueueDeclaration[]): void;
  /** Stores what it can, and returns the positions of the messages whose queue is missing. */
  store(messages: PackedMessages, delayMs: number | undefined): readonly number[];
  /** Hands it messages from now on. False when there is no such queue. */
  subscribe(subscription: StoreSubscription): boolean;
  /** Hands it no more. What it holds it goes on holding. */
  unsubscribe(consumer: number): void;
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

export interface StoreSubscription {
  /** Chosen by the main thread, never used twice. */
  readonly consumer: number;
  readonly queue: string;
  readonly limit: number;
  /** Ends with the first message. */
  readonly once: boolean;
}

/** Messages on their way to the worker: the bodies one after another in one buffer, which is transferred. */
export interface PackedMessages {
  readonly envelopes: readonly Envelope[];
  readonly bodies: Uint8Array<ArrayBuffer>;
}

export interface Envelope {
  readonly queue: string;
  readonly id: string;
  /** As JSON. */
  readonly headers: string;
  readonly bodyBytes: number;
}

/** A message on its way back. */
export interface StoredMessage {
  readonly sequence: number;
  readonly id: string;
  /** As JSON. */
  readonly headers: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly crashes: number;
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

export interface StoreCall extends ThreadCall {
  readonly operation: keyof StoreOperations;
}

export type ToWorker = StoreCall | "close";

export type FromWorker = ThreadAnswer | StoreReport;

/** What the worker says by itself. */
export type StoreReport =
  | { readonly kind: "handed-out"; readonly messages: readonly HandedOut[] }
  | { readonly kind: "delayed"; readonly latenessMs: readonly number[] }
  | { readonly kind: "blocked"; readonly reason: string }
  | { readonly kind: "unblocked" }
  | { readonly kind: "fault"; readonly error: Error };
