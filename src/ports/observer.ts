import type { LimitName } from "../domain/limits.ts";
import type { Pause } from "../domain/target/pause.ts";
import type { Delivery } from "../domain/delivery/delivery.ts";
import type {
  AttemptFacts,
  CircuitFacts,
  MessageFact,
  ParkedReason,
  PutFacts,
  RedrivenFact,
  ReloadFacts,
  RequestRefusal,
} from "../domain/facts.ts";

/** Hears of the first journey. */
export interface PutObserver {
  put(facts: PutFacts): void;
  /** A request to the public port was refused as a whole. `put` hears of it too if it was a put that was read. */
  requestRefused(reason: RequestRefusal): void;
}

/** Hears of the second journey. */
export interface DeliveryObserver {
  invocationStarted(delivery: Delivery): void;
  invocationEnded(delivery: Delivery): void;
  attempt(facts: AttemptFacts): void;
  parked(reason: ParkedReason, queue: string, message: MessageFact): void;
  /** A delivery that a router may have died of is set aside, to be tried with no other beside it. */
  suspected(delivery: Delivery): void;
  /** A verdict could not be stored yet; the delivery is held and the publish tried again. */
  settlementDelayed(delivery: Delivery, error: unknown): void;
  /** A message on its way to another queue (parked, set aside, given back, kept) could not be stored there yet. */
  moveDelayed(queue: string, message: MessageFact, error: unknown): void;
  /** An answer came after its attempt was settled. */
  lateAnswer(functionName: string): void;
  /** A destination's circuit breaker has come to another state. */
  circuit(facts: CircuitFacts): void;
}

/** Hears of what operators do, and of what an operator may want to change. */
export interface RouterObserver {
  /** Something from outside was refused because of a limit that an operator may move. */
  limitExceeded(name: LimitName): void;
  redriven(fact: RedrivenFact): void;
  /**
   * A destination is called no more, or again where there is no pause: every router hears of it.
   *
   * @param destination `function/NAME` or `api-destination/NAME`
   */
  pauseChanged(destination: string, pause: Pause | undefined): void;
  deadLettersPurged(queue: string, count: number): void;
  reloaded(facts: ReloadFacts): void;
}

/** Makes the metrics and the log line of each journey from the same facts. */
export type Observer = PutObserver & DeliveryObserver & RouterObserver;
