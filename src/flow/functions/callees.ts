import type { Config } from "../../domain/config.ts";
import type { CircuitFacts, VersionCallFact } from "../../domain/facts.ts";
import type { CircuitBreakerPolicy } from "../../domain/target/circuit.ts";
import type { ApiDestination, FunctionConfig } from "../../domain/target/function.ts";
import { trafficOf } from "../../domain/target/function-version.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { Invoker } from "../../ports/functions/functions.ts";
import type { PauseSource } from "../../ports/admin/pauses.ts";
import type { CallSettings } from "./call-settings.ts";
import { apiDestinationCallSettings, functionCallSettings, sameCallSettings } from "./call-settings.ts";
import type { CallPermits } from "./call-permits.ts";
import type { TrafficSource } from "./traffic-source.ts";
import { Callee } from "./callee.ts";

export interface CalleesDeps {
  readonly paused: PauseSource;
  readonly functionInvoker: (fn: FunctionConfig) => Invoker;
  readonly apiDestinationInvoker: (destination: ApiDestination) => Invoker;
  /** The permits of a function with reserved concurrency. Left out, no function has any. */
  readonly permitsOf?: (functionName: string) => CallPermits | undefined;
  readonly onCircuit: (facts: CircuitFacts) => void;
  /** Hears of each call of a function that has versions. Left out, nobody does. */
  readonly onVersionCalled?: (fact: VersionCallFact) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1): which version a call of an alias goes to. */
  readonly random: () => number;
  /** @param where the label of the destination. */
  readonly onError: (where: string, error: unknown) => void;
}

/** What the configuration says of a destination that can be called. */
interface Wanted {
  readonly destination: DestinationRef;
  readonly settings: CallSettings;
  readonly concurrency: number;
  readonly callerConcurrency?: number | undefined;
  readonly circuitBreaker: CircuitBreakerPolicy | undefined;
  readonly invoker: () => Invoker;
  /** Those of its versions, by number. */
  readonly versions?: () => ReadonlyMap<string, Invoker>;
  /** What its qualifiers stand for. */
  readonly traffic?: TrafficSource;
}

/** A destination's place: what the latest configuration says of it, and whom it is called by. */
interface Place {
  wanted: Wanted | undefined;
  callee: Callee | undefined;
  /** Ends with the latest change. One follows the other. */
  changed: Promise<void>;
}

/**
 * Every function and API destination that this router can call, by label. Functions that poll are not among them:
 * nobody calls those, their polls fetch the work.
 */
export class Callees {
  readonly #deps: CalleesDeps;
  readonly #places = new Map<string, Place>();
  readonly #listeners: ((label: string) => void)[] = [];
  #isStopped = false;

  constructor(deps: CalleesDeps) {
    this.#deps = deps;
    deps.paused.onChange((label) => this.find(label)?.pause(deps.paused.isPaused(label)));
  }

  /** Undefined while there is none, as between two invokers. */
  find(label: string): Callee | undefined {
    return this.#places.get(label)?.callee;
  }

  /** Calls the listener with the label of each destination that was made or closed, or may be called otherwise. */
  onChange(listener: (label: string) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Makes what is new and closes what was taken out. A destination that is called in another way gets another invoker,
   * once its calls in flight have ended. Resolves when all is as the configuration says; never rejects.
   */
  async follow(config: Config): Promise<void> {
    // A reload that was under way when the stop began must not make anything again.
    if (this.#isStopped) return;
    const wanted = this.#wantedBy(config);
    const labels = new Set([...wanted.keys(), ...this.#places.keys()]);
    await Promise.all([...labels].map((label) => this.#change(label, wanted.get(label))));
  }

  /** Closes all of them. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#places.keys()].map((label) => this.#change(label, undefined)));
  }

  #change(label: string, wanted: Wanted | undefined): Promise<void> {
    const place = this.#places.get(label) ?? { wanted: undefined, callee: undefined, changed: Promise.resolve() };
    this.#places.set(label, place);
    const isCalledTheSame = sameCallSettings(place.wanted?.settings, wanted?.settings);
    place.wanted = wanted;
    if (isCalledTheSame) {
      place.callee?.breakCircuitBy(wanted?.circuitBreaker);
      place.callee?.directBy(wanted?.traffic);
    } else place.changed = place.changed.then(() => this.#replace(label, place, wanted?.settings));
    return place.changed;
  }

  /** What ends badly must not keep what follows it from beginning. Never rejects. */
  async #replace(label: string, place: Place, settings: CallSettings | undefined): Promise<void> {
    const { callee: former } = place;
    place.callee = undefined;
    const report = (error: unknown): void => this.#deps.onError(label, error);
    await former?.close().catch(report);
    const { wanted } = place;
    if (wanted === undefined) this.#forget(label, place);
    // A later configuration may ask for others: its own change comes next.
    else if (sameCallSettings(wanted.settings, settings)) {
      try {
        place.callee = this.#calleeOf(label, wanted);
      } catch (error) {
        report(error);
      }
    }
    this.#notify(label);
  }

  /** It may have come back meanwhile, to a place of its own. */
  #forget(label: string, place: Place): void {
    if (this.#places.get(label) === place) this.#places.delete(label);
  }

  #calleeOf(label: string, wanted: Wanted): Callee {
    const { destination, concurrency, callerConcurrency, circuitBreaker, invoker, versions, traffic } = wanted;
    const { paused, sleep, random, onCircuit, onVersionCalled, permitsOf } = this.#deps;
    const hasPermits = permitsOf !== undefined && destination.kind === "function";
    return new Callee({
      destination,
      concurrency,
      callerConcurrency,
      circuitBreaker,
      invoker: invoker(),
      ...(versions === undefined ? {} : { versions: versions() }),
      traffic,
      isPaused: paused.isPaused(label),
      ...(hasPermits ? { permits: () => permitsOf(destination.name) } : {}),
      sleep,
      random,
      onCircuit,
      onVersionCalled,
      onChange: () => this.#notify(label),
    });
  }

  #notify(label: string): void {
    for (const listener of this.#listeners) listener(label);
  }

  #wantedBy({ functions, apiDestinations }: Config): ReadonlyMap<string, Wanted> {
    const { functionInvoker, apiDestinationInvoker } = this.#deps;
    const called = [...functions.values()].filter(({ run }) => run.kind !== "runtimeApi");
    const wanted: Wanted[] = [
      ...called.map((fn) => ({
        destination: { kind: "function", name: fn.name } as const,
        settings: functionCallSettings(fn),
        concurrency: fn.concurrency - (fn.callerConcurrency ?? 0),
        callerConcurrency: fn.callerConcurrency,
        circuitBreaker: fn.circuitBreaker,
        invoker: () => functionInvoker(fn),
        versions: () => new Map([...(fn.versions ?? [])].map(([number, one]) => [number, functionInvoker(one)])),
        traffic: (qualifier: string | undefined) => trafficOf(fn, qualifier),
      })),
      ...[...apiDestinations.values()].map((one) => ({
        destination: { kind: "api-destination", name: one.name } as const,
        settings: apiDestinationCallSettings(one),
        concurrency: one.concurrency,
        circuitBreaker: one.circuitBreaker,
        invoker: () => apiDestinationInvoker(one),
      })),
    ];
    return new Map(wanted.map((each) => [destinationLabel(each.destination), each]));
  }
}
