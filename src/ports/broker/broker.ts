import type { DeadLetterFact, MessageFact } from "../../domain/facts.ts";
import type { PackKind } from "../../domain/queue/pack.ts";
import type { ArchiveStreams } from "./archive.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Consumers } from "./consumer.ts";
import type { FifoQueues } from "./fifo-queues.ts";
import type { QueueHolds, ReceivedTooOftenFact, VisibleAgainReason } from "./holds.ts";
import type { Inspector } from "./inspector.ts";
import type { ControlLog } from "./log.ts";
import type { Publisher } from "./publisher.ts";
import type { QueueRemoval } from "./queue-removal.ts";
import type { StreamReader } from "./streams.ts";
import type { Taker } from "./taker.ts";

/** Whether a publish has a chance now. A blocked broker is connected, and short of memory or disk. */
export type BrokerState = "connected" | "blocked" | "disconnected";

/**
 * All ports of a broker, as `app/` opens it; everybody else takes the port that it needs. Two drivers and one contract
 * suite: RabbitMQ, and SQLite for a single process without a server.
 */
export interface Broker extends Publisher, QueueRemoval, Consumers, Taker, Inspector, ControlLog, Broadcast {
  readonly state: BrokerState;
  readonly archives: ArchiveStreams;
  readonly holds: QueueHolds;
  readonly streams: StreamReader;
  readonly fifo: FifoQueues;
  /** Resolves when everything is released. Consumers are stopped before: what they hold would count as crashed. */
  close(): Promise<void>;
}

/** What a broker reports about itself, for metrics and logs. */
export interface BrokerEvents {
  connected(): void;
  disconnected(error: Error | undefined): void;
  blocked(reason: string): void;
  unblocked(): void;
  /** One call of `publish` was confirmed, this many seconds after it began. */
  confirmed(seconds: number): void;
  /** Something is wrong that a person must mend, such as a queue that exists with other arguments. */
  fault(message: string, error: unknown): void;
  /** The broker stored a dead letter by itself: a delayed message whose queue does not exist. */
  deadLettered(fact: DeadLetterFact): void;
  /** A delayed message was handed over this many seconds after its time. */
  delayedBy(seconds: number): void;
  /** A queue did not take a delayed message, as a full one may. The message waits again, longer each time, up to some minutes. */
  refusedWhenDue(queue: string, message: MessageFact, error: unknown): void;
  /** So many messages that somebody had received are visible again. */
  visibleAgain(queue: string, count: number, reason: VisibleAgainReason): void;
  receivedTooOften(fact: ReceivedTooOftenFact): void;
  /** What is stored together travels as packs from now on, or no longer does. */
  packing(kind: PackKind, isOn: boolean): void;
  /** So many were stored as one pack. */
  packed(kind: PackKind, members: number): void;
}
