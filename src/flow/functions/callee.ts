import type { CircuitFacts } from "../../domain/facts.ts";
import type { Circuit, CircuitBreakerPolicy } from "../../domain/target/circuit.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import type { Invoker, PreparedCall } from "../../ports/functions.ts";
import { CallSlots } from "./call-slots.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";

export interface CalleeOptions {
  readonly destination: DestinationRef;
  /** Calls in flight at once, on this router. */
  readonly concurrency: number;
  readonly invoker: Invoker;
  readonly circuitBreaker: CircuitBreakerPolicy | undefined;
  readonly isPaused: boolean;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onCircuit: (facts: CircuitFacts) => void;
  /** Called when `mayBeCalled`, `callsMax` or `circuit` may have changed. */
  readonly onChange: () => void;
}

/**
 * A function or API destination as this router calls it: its invoker, the slots for its calls, its circuit. Whoever
 * calls it enters first and leaves afterwards, so that all callers together keep to its limit.
 */
export class Callee {
  readonly #options: CalleeOptions;
  readonly #slots: CallSlots;
  #policy: CircuitBreakerPolicy | undefined;
  #breaker: CircuitBreaker | undefined;
  #isPaused: boolean;
  #isClosed = false;

  constructor(options: CalleeOptions) {
    this.#options = options;
    this.#isPaused = options.isPaused;
    this.#slots = new CallSlots({ limit: () => this.callsMax, sleep: options.sleep });
    this.breakCircuitBy(options.circuitBreaker);
    options.invoker.capacity?.onChange(() => {
      this.#slots.serve();
      options.onChange();
    });
  }

  /** Whether it may be called now: not while it is paused, nor while its circuit is open, nor once it is closed. */
  get mayBeCalled(): boolean {
    return !this.#isClosed && !this.#isPaused && this.circuit !== "open";
  }

  /** Whether it is paused, or closed for good. */
  get isPaused(): boolean {
    return this.#isPaused || this.#isClosed;
  }

  get circuit(): Circuit["state"] {
    return this.#breaker?.state ?? "closed";
  }

  /** Calls in flight at once: the configured concurrency, or less where fewer containers are there. */
  get callsMax(): number {
    const { concurrency, invoker } = this.#options;
    return Math.max(1, Math.min(concurrency, invoker.capacity?.current() ?? concurrency));
  }

  get concurrency(): number {
    return this.#options.concurrency;
  }

  /** Whether `callsMax` follows the number of containers. */
  get callsMaxVaries(): boolean {
    return this.#options.invoker.capacity !== undefined;
  }

  /** Takes a slot that is free now. Whoever got it makes one call, and leaves. */
  tryEnter(): boolean {
    return this.mayBeCalled && this.#slots.tryTake();
  }

  /** Waits up to `waitMs` for a slot, or until `lost` fires. Resolves with whether there is one. */
  async enter(waitMs: number, lost: AbortSignal): Promise<boolean> {
    return this.mayBeCalled && this.#slots.take(waitMs, lost);
  }

  leave(): void {
    this.#slots.release();
  }

  readonly call: PreparedCall = async (invocation, signal) => {
    const outcome = await this.#options.invoker.invoke(invocation, signal);
    this.#breaker?.called(outcome);
    return outcome;
  };

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#changed();
  }

  /** Another policy begins with a closed circuit. The same policy changes nothing. */
  breakCircuitBy(policy: CircuitBreakerPolicy | undefined): void {
    const { failureThreshold, openSeconds } = this.#policy ?? {};
    if (policy?.failureThreshold === failureThreshold && policy?.openSeconds === openSeconds) return;
    this.#breaker?.stop();
    this.#policy = policy;
    const { destination, sleep, onCircuit } = this.#options;
    const onChange = (facts: CircuitFacts): void => {
      onCircuit(facts);
      this.#changed();
    };
    this.#breaker = policy && new CircuitBreaker({ destination, policy, sleep, onChange });
  }

  /** Lets nobody enter any more, waits for the calls in flight, and ends what the invoker holds. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#breaker?.stop();
    this.#changed();
    await this.#slots.free();
    await this.#options.invoker.close();
  }

  #changed(): void {
    if (!this.mayBeCalled) this.#slots.refuseWaiting();
    this.#options.onChange();
  }
}
