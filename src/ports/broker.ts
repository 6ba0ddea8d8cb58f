import type { DeadLetterFact } from "../domain/facts.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Consumers } from "./consumer.ts";
import type { Inspector } from "./inspector.ts";
import type { ControlLog } from "./log.ts";
import type { Publisher } from "./publisher.ts";
import type { Taker } from "./taker.ts";

/** A broker: all its ports on one connection. Two drivers, one contract suite: RabbitMQ, and SQLite for one process with no server. */
export interface Broker extends Publisher, Consumers, Taker, Inspector, ControlLog, Broadcast {
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
