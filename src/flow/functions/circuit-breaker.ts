import type { Circuit, CircuitBreakerPolicy } from "../../domain/target/circuit.ts";
import { afterCall, afterWait, CLOSED } from "../../domain/target/circuit.ts";
import type { CircuitFacts } from "../../domain/facts.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { isOutage } from "../../domain/failure/verdict.ts";

export interface CircuitBreakerDeps {
  readonly destination: DestinationRef;
  readonly policy: CircuitBreakerPolicy;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called with each new state, in order. */
  readonly onChange: (facts: CircuitFacts) => void;
}

/** Watches how a destination's calls end, on this router, and says when it is to be called. */
export class CircuitBreaker {
  readonly #deps: CircuitBreakerDeps;
  readonly #stopped = new AbortController();
  #circuit: Circuit = CLOSED;

  constructor(deps: CircuitBreakerDeps) {
    this.#deps = deps;
  }

  get state(): Circuit["state"] {
    return this.#circuit.state;
  }

  /** Counts how a call ended. */
  called(outcome: Outcome): void {
    const { destination, policy, onChange } = this.#deps;
    const before = this.state;
    this.#circuit = afterCall(this.#circuit, !outcome.ok && isOutage(outcome.reason, destination.kind), policy);
    if (this.state === before || this.#stopped.signal.aborted) return;
    if (this.state !== "open" || outcome.ok) return onChange({ destination, state: "closed" });
    onChange({ destination, state: "open", failure: outcome });
    void this.#waitOpen();
  }

  /** Ends closed, for good. */
  stop(): void {
    this.#stopped.abort();
    const wasClosed = this.state === "closed";
    this.#circuit = CLOSED;
    if (!wasClosed) this.#deps.onChange({ destination: this.#deps.destination, state: "closed" });
  }

  async #waitOpen(): Promise<void> {
    const { destination, policy, sleep, onChange } = this.#deps;
    try {
      await sleep(policy.openSeconds * 1_000, this.#stopped.signal);
    } catch {
      return;
    }
    this.#circuit = afterWait(this.#circuit);
    onChange({ destination, state: "half-open" });
  }
}
