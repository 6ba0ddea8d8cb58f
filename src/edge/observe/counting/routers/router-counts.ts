import type { Delivery } from "../../../../domain/delivery/delivery.ts";
import type { AttemptFacts, CircuitFacts, PutFacts, RoutedFact } from "../../../../domain/facts.ts";
import type { DestinationStatus, StatusCounts } from "../../../../domain/status/router-status.ts";
import { STATUS_CAUSE_BYTES_MAX } from "../../../../domain/status/router-status.ts";
import type { DestinationRef } from "../../../../domain/target/target.ts";
import { destinationLabel, qualifierOf } from "../../../../domain/target/target.ts";
import type { Observer } from "../../../../ports/observer.ts";
import { cutText } from "../../../../text/cut-text.ts";

/** What a router's status says of a destination, but for what only the configuration and operators know. */
export type DestinationCounts = Omit<DestinationStatus, "destination" | "paused">;

/** What went on at this router since it was last asked. */
export interface RouterCounted {
  readonly counts: StatusCounts;
  /** Only destinations that are called, or whose circuit is not closed. */
  readonly destinations: ReadonlyMap<string, DestinationCounts>;
  /** Since the start. */
  readonly journalLost: number;
  readonly taps: number;
}

const NOTHING: StatusCounts = { accepted: 0, matched: 0, unmatched: 0, delivered: 0, failing: 0 };

/** Counted in place: there is a call and an attempt for each delivery. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts for the router's status what the metrics count for Prometheus. */
export class RouterCounts {
  readonly #nowMs: () => number;
  #counts = { ...NOTHING };
  #destinations = new Map<string, Mutable<DestinationCounts>>();
  journalLost = 0;
  taps = 0;

  /** @param nowMs epoch milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get observer(): Partial<Observer> {
    return {
      put: (facts) => this.#put(facts),
      scheduleFired: ({ routed }) => routed.forEach((fact) => this.#accepted(fact)),
      attempt: (facts) => this.#attempt(facts),
      circuit: (facts) => this.#circuit(facts),
      invocationStarted: (delivery) => this.#call(delivery, 1),
      invocationEnded: (delivery) => this.#call(delivery, -1),
    };
  }

  /** What was counted since the last time, which begins anew. */
  take(): RouterCounted {
    const counted = {
      counts: this.#counts,
      destinations: this.#destinations,
      journalLost: this.journalLost,
      taps: this.taps,
    };
    this.#counts = { ...NOTHING };
    const lasting = [...this.#destinations].filter(([, one]) => one.callsInFlight > 0 || one.circuit !== "closed");
    this.#destinations = new Map(lasting.map(([name, one]) => [name, { ...one, delivered: 0, failing: 0 }]));
    return counted;
  }

  #put({ entries }: PutFacts): void {
    for (const entry of entries) {
      if (entry.outcome === "accepted") this.#accepted(entry);
    }
  }

  #accepted({ matched }: RoutedFact): void {
    this.#counts.accepted += 1;
    if (matched.length > 0) this.#counts.matched += 1;
    else this.#counts.unmatched += 1;
  }

  #attempt({ delivery, outcome }: AttemptFacts): void {
    const kind = outcome.ok ? "delivered" : "failing";
    this.#counts[kind] += 1;
    this.#of(delivery.destination)[kind] += 1;
  }

  #call({ destination }: Delivery, change: 1 | -1): void {
    const counts = this.#of(destination);
    counts.callsInFlight = Math.max(0, counts.callsInFlight + change);
  }

  /** Half open it still has the failure that opened it. */
  #circuit(facts: CircuitFacts): void {
    // A version that is out of order is no reason for the destination's deliveries to wait.
    if (qualifierOf(facts.destination) !== undefined) return;
    const counts = this.#of(facts.destination);
    counts.circuit = facts.state;
    if (facts.state === "closed") {
      delete counts.circuitSinceMs;
      delete counts.cause;
      return;
    }
    counts.circuitSinceMs = this.#nowMs();
    if (facts.state === "open") counts.cause = cutText(facts.failure.message, STATUS_CAUSE_BYTES_MAX);
  }

  #of(destination: DestinationRef): Mutable<DestinationCounts> {
    const name = destinationLabel(destination);
    const known = this.#destinations.get(name);
    if (known !== undefined) return known;
    const counts: Mutable<DestinationCounts> = { circuit: "closed", callsInFlight: 0, delivered: 0, failing: 0 };
    this.#destinations.set(name, counts);
    return counts;
  }
}
