import type { LimitName } from "../domain/limits.ts";
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

/** Makes the metrics and the log line of each journey from the same facts. */
export interface Observer {
  put(facts: PutFacts): void;
  /** A request to the public port was refused as a whole. Of a put that was read, `put` hears as well. */
  requestRefused(reason: RequestRefusal): void;
  invocationStarted(delivery: Delivery): void;
  invocationEnded(delivery: Delivery): void;
  attempt(facts: AttemptFacts): void;
  parked(reason: ParkedReason, queue: string, message: MessageFact): void;
  /** A delivery that may have killed a router is set aside to be tried alone. */
  suspected(delivery: Delivery): void;
  /** A verdict could not be stored yet; the delivery is held and the publish tried again. */
  settlementDelayed(delivery: Delivery, error: unknown): void;
  /** A message on its way to another queue (parked, set aside, given back, kept) could not be stored there yet. */
  moveDelayed(queue: string, message: MessageFact, error: unknown): void;
  /** An answer came after its attempt was settled. */
  lateAnswer(functionName: string): void;
  /** Something from outside was turned away, for a limit that an operator may move. */
  limitExceeded(name: LimitName): void;
  /** A destination's circuit breaker has come to another state. */
  circuit(facts: CircuitFacts): void;
  redriven(fact: RedrivenFact): void;
  /** Somebody had dead letters deleted. */
  deadLettersPurged(queue: string, count: number): void;
  reloaded(facts: ReloadFacts): void;
}
