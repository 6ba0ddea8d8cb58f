import type { CircuitFacts } from "../../domain/facts.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { Circuit, CircuitBreakerPolicy } from "../../domain/target/circuit.ts";
import { LATEST } from "../../domain/target/function-alias.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { qualifierOf } from "../../domain/target/target.ts";
import type { Invocation, Invoker } from "../../ports/functions/functions.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";

export interface CalleeVersionOptions {
  /** With the version's number; without one it is the function itself, or an API destination. */
  readonly destination: DestinationRef;
  readonly invoker: Invoker;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onCircuit: (facts: CircuitFacts) => void;
}

/** One version of a function as this router calls it: its invoker, and a circuit of its own. */
export class CalleeVersion {
  readonly #options: CalleeVersionOptions;
  readonly version: string;
  #policy: CircuitBreakerPolicy | undefined;
  #breaker: CircuitBreaker | undefined;
  #callsInFlight = 0;

  constructor(options: CalleeVersionOptions) {
    this.#options = options;
    this.version = qualifierOf(options.destination) ?? LATEST;
  }

  get invoker(): Invoker {
    return this.#options.invoker;
  }

  get circuit(): Circuit["state"] {
    return this.#breaker?.state ?? "closed";
  }

  /** Whether its circuit lets a call through now: all while it is closed, one at a time while it is half open. */
  get takesCalls(): boolean {
    return this.circuit === "closed" || (this.circuit === "half-open" && this.#callsInFlight === 0);
  }

  /** How long its circuit stays open. */
  get openMs(): number {
    return (this.#policy?.openSeconds ?? 0) * 1_000;
  }

  async call(invocation: Invocation, signal: AbortSignal): Promise<Outcome> {
    const { invoker, destination } = this.#options;
    this.#callsInFlight += 1;
    try {
      const outcome = await invoker.invoke(this.#sayingVersion(invocation), signal);
      this.#breaker?.called(outcome);
      return qualifierOf(destination) === undefined ? outcome : { ...outcome, executedVersion: this.version };
    } finally {
      this.#callsInFlight -= 1;
    }
  }

  /** An answer that is streamed begins before its outcome is known. */
  #sayingVersion(invocation: Invocation): Invocation {
    const { sink, destination } = invocation;
    if (sink === undefined || qualifierOf(destination) === undefined) return invocation;
    const begin = (contentType: string | undefined): void => sink.begin(contentType, this.version);
    return { ...invocation, sink: { begin, write: (piece) => sink.write(piece) } };
  }

  /** Another policy begins with a closed circuit. The same policy changes nothing. */
  breakCircuitBy(policy: CircuitBreakerPolicy | undefined): void {
    const { failureThreshold, openSeconds } = this.#policy ?? {};
    if (policy?.failureThreshold === failureThreshold && policy?.openSeconds === openSeconds) return;
    this.#breaker?.stop();
    this.#policy = policy;
    const { destination, sleep, onCircuit: onChange } = this.#options;
    this.#breaker = policy && new CircuitBreaker({ destination, policy, sleep, onChange });
  }

  /** Its circuit ends closed. */
  endCircuit(): void {
    this.#breaker?.stop();
  }
}
