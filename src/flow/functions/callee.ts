import type { CircuitFacts, VersionCallFact } from "../../domain/facts.ts";
import type { Failure, Outcome } from "../../domain/failure/outcome.ts";
import type { Circuit, CircuitBreakerPolicy } from "../../domain/target/circuit.ts";
import type { AliasTraffic } from "../../domain/target/function-alias.ts";
import { LATEST } from "../../domain/target/function-alias.ts";
import { drawVersion } from "../../domain/target/function-version.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { functionRef, qualifierOf } from "../../domain/target/target.ts";
import type { Invocation, Invoker, PreparedCall } from "../../ports/functions/functions.ts";
import type { CallPermits } from "./call-permits.ts";
import { CallSlots, overAfter } from "./call-slots.ts";
import { CalleeVersion } from "./callee-version.ts";
import type { TrafficSource } from "./traffic-source.ts";
import { onlyLatest } from "./traffic-source.ts";

export interface CalleeOptions {
  readonly destination: DestinationRef;
  /** Calls in flight at once, on this router, whichever version they go to. */
  readonly concurrency: number;
  readonly invoker: Invoker;
  /** Those of a function's versions, by number; left out where it has none. */
  readonly versions?: ReadonlyMap<string, Invoker>;
  /** Calls in flight at once that are kept for callers who wait, besides `concurrency`. Left out, they take of that. */
  readonly callerConcurrency?: number | undefined;
  /** Left out where there is nothing to choose from. */
  readonly traffic?: TrafficSource | undefined;
  readonly circuitBreaker: CircuitBreakerPolicy | undefined;
  readonly isPaused: boolean;
  /** The permits of a function with reserved concurrency, which each call needs besides a slot. */
  readonly permits?: () => CallPermits | undefined;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1): which version a call of an alias goes to. Left out, to its first. */
  readonly random?: () => number;
  readonly onCircuit: (facts: CircuitFacts) => void;
  /** Hears of each call of a function that has versions. */
  readonly onVersionCalled?: ((fact: VersionCallFact) => void) | undefined;
  /** Called when `mayBeCalled`, `callsMax` or `circuit` may have changed. */
  readonly onChange: () => void;
}

/**
 * A function or API destination as this router calls it: its versions, each with its invoker and its circuit, and the slots
 * for the calls of all of them. Whoever calls it enters first and leaves afterwards, so that all callers together keep to its
 * limit.
 */
export class Callee {
  readonly #options: CalleeOptions;
  readonly #slots: CallSlots;
  /** Those of callers who wait: the same, unless some are kept for them. */
  readonly #callerSlots: CallSlots;
  readonly #latest: CalleeVersion;
  readonly #versions: ReadonlyMap<string, CalleeVersion>;
  #traffic: TrafficSource;
  #isPaused: boolean;
  #isClosed = false;
  /** The permits that calls in flight have. */
  readonly #permits: CallPermits[] = [];
  /** Fires when nobody may wait for a permit any longer. */
  #waiting = new AbortController();

  constructor(options: CalleeOptions) {
    this.#options = options;
    this.#isPaused = options.isPaused;
    this.#traffic = options.traffic ?? onlyLatest;
    this.#slots = new CallSlots({ limit: () => this.callsMax, sleep: options.sleep });
    const { callerConcurrency: kept, destination, invoker, versions = new Map<string, Invoker>() } = options;
    this.#callerSlots = kept === undefined ? this.#slots : new CallSlots({ limit: () => kept, sleep: options.sleep });
    this.#latest = this.#made(destination, invoker);
    const numbered = [...versions].map(([number, each]) => this.#made(functionRef(destination.name, number), each));
    this.#versions = new Map([this.#latest, ...numbered].map((each) => [each.version, each]));
    this.breakCircuitBy(options.circuitBreaker);
    invoker.capacity?.onChange(() => {
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

  /** Where it has versions, each has a circuit of its own, and this one is open only while all of those are. */
  get circuit(): Circuit["state"] {
    if (this.#versions.size === 1) return this.#latest.circuit;
    return [...this.#versions.values()].every(({ circuit }) => circuit === "open") ? "open" : "closed";
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
    return this.#tryEnter(this.#slots);
  }

  /** The same for a caller who waits, and leaves by `leaveAsCaller`. */
  tryEnterAsCaller(): boolean {
    return this.#tryEnter(this.#callerSlots);
  }

  /**
   * Takes a slot that is free now, and a permit that no router uses: it waits for the answer of others, and not for the end
   * of a call. For after `tryEnterAsCaller`: without reserved concurrency that has said all.
   */
  async enterFree(): Promise<boolean> {
    const permits = this.#options.permits?.();
    if (permits === undefined || !this.mayBeCalled || !this.#callerSlots.tryTake()) return false;
    if (!this.#entered(this.#callerSlots, permits, await permits.takeFree())) return false;
    // It may have been paused meanwhile.
    const isOff = this.isPaused || this.circuit === "open";
    if (isOff) this.leaveAsCaller();
    return !isOff;
  }

  /** Waits up to `waitMs` for a slot and a permit together, or until `lost` fires. Resolves with whether it has both. */
  async enter(waitMs: number, lost: AbortSignal): Promise<boolean> {
    if (!this.mayBeCalled || lost.aborted) return false;
    if (this.#options.permits?.() === undefined)
      return (await this.#slots.take(waitMs, lost)) && this.#tryPermit(this.#slots);
    const over = overAfter(waitMs, lost, this.#options.sleep);
    const isIn = (await this.#slots.take(waitMs, over.signal)) && this.#takePermit(waitMs, over.signal);
    return Promise.resolve(isIn).finally(() => over.abort());
  }

  leave(): void {
    this.#permits.pop()?.release();
    this.#slots.release();
  }

  leaveAsCaller(): void {
    this.#permits.pop()?.release();
    this.#callerSlots.release();
  }

  /** Calls the version that the invocation's qualifier stands for, drawn anew each time where it stands for two. */
  readonly call: PreparedCall = async (invocation, signal) => {
    const { destination } = invocation;
    const qualifier = qualifierOf(destination);
    const traffic = this.#traffic(qualifier);
    const drawn = traffic && this.#drawn(traffic);
    if (drawn === undefined) return failed("target_gone", `function ${destination.name} has no ${qualifier ?? LATEST}`);
    // Deliveries of the only version there is wait in the queue while its circuit is open.
    if (this.#versions.size === 1) return drawn.call(invocation, signal);
    if (drawn.takesCalls) return this.#callVersion(drawn, invocation, signal);
    const message = `the circuit of version ${drawn.version} of function ${destination.name} is open`;
    return { ...failed("circuit_open", message), retryAfterMs: drawn.openMs };
  };

  /** Takes over what qualifiers stand for from now on. */
  directBy(traffic: TrafficSource | undefined): void {
    this.#traffic = traffic ?? onlyLatest;
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#changed();
  }

  /** Another policy begins with closed circuits. The same policy changes nothing. */
  breakCircuitBy(policy: CircuitBreakerPolicy | undefined): void {
    for (const version of this.#versions.values()) version.breakCircuitBy(policy);
  }

  /** Lets nobody enter any more, waits for the calls in flight, and ends what the invokers hold. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const version of this.#versions.values()) version.endCircuit();
    this.#changed();
    await this.#slots.free();
    await this.#callerSlots.free();
    await Promise.all([...this.#versions.values()].map(({ invoker }) => invoker.close()));
  }

  async #callVersion(called: CalleeVersion, invocation: Invocation, signal: AbortSignal): Promise<Outcome> {
    const outcome = await called.call(invocation, signal);
    const { destination, onVersionCalled } = this.#options;
    onVersionCalled?.({ functionName: destination.name, version: called.version, outcome });
    return outcome;
  }

  /** While the additional version of an alias is out of order, its share goes to the other one; never the other way round. */
  #drawn(traffic: AliasTraffic): CalleeVersion | undefined {
    const drawn = this.#versions.get(drawVersion(traffic, this.#options.random?.() ?? 1));
    return drawn?.takesCalls === false ? this.#versions.get(traffic.version) : drawn;
  }

  #made(destination: DestinationRef, invoker: Invoker): CalleeVersion {
    const { sleep, onCircuit } = this.#options;
    const onChange = (facts: CircuitFacts): void => {
      onCircuit(facts);
      this.#changed();
    };
    return new CalleeVersion({ destination, invoker, sleep, onCircuit: onChange });
  }

  #tryEnter(slots: CallSlots): boolean {
    return this.mayBeCalled && slots.tryTake() && this.#tryPermit(slots);
  }

  /** For who has a slot: takes a permit that is here, where one is needed. */
  #tryPermit(slots: CallSlots): boolean {
    const permits = this.#options.permits?.();
    return permits === undefined || this.#entered(slots, permits, permits.tryTake());
  }

  async #takePermit(waitMs: number, late: AbortSignal): Promise<boolean> {
    const permits = this.#options.permits?.();
    if (permits === undefined) return true;
    const until = AbortSignal.any([late, this.#waiting.signal]);
    return this.#entered(this.#slots, permits, await permits.take(waitMs, until));
  }

  /** Who has a slot keeps it only with a permit. */
  #entered(slots: CallSlots, permits: CallPermits, isTaken: boolean): boolean {
    if (isTaken) this.#permits.push(permits);
    else slots.release();
    return isTaken;
  }

  #changed(): void {
    if (!this.mayBeCalled) {
      this.#slots.refuseWaiting();
      this.#waiting.abort();
      this.#waiting = new AbortController();
    }
    this.#options.onChange();
  }
}

function failed(reason: Failure["reason"], message: string): Failure {
  return { ok: false, reason, message };
}
