import { Ongoing } from "../../async/ongoing.ts";
import type { Consumers } from "../../ports/broker/consumer.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { ConsumerSpec } from "./consumer-spec.ts";
import { countingBytes } from "./counting-bytes.ts";
import { Subscription } from "./subscription.ts";

export interface SubscriptionsDeps {
  readonly broker: Consumers;
  readonly inFlight: InFlightBytes;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** @param where the name of a spec, or the queue of a message. */
  readonly onError: (where: string, error: unknown) => void;
}

/** Consumes the queues of the latest specs, all of them paused while the budget of bytes in flight is used up. */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #byName = new Map<string, Subscription>();
  readonly #ending = new Ongoing();
  #isStopped = false;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
    deps.inFlight.onChange(() => {
      for (const subscription of this.#byName.values()) void subscription.apply();
    });
  }

  /**
   * Begins what is new, and stops what has no spec any more, or another queue or version. A spec whose name, queue and
   * version are consumed already changes nothing. Resolves when the new ones are consumed, or are idle, as their specs say, and those that
   * were stopped have ended; never rejects.
   */
  async follow(specs: Iterable<ConsumerSpec>): Promise<void> {
    // A reload that was under way when the stop began must not start anything again.
    if (this.#isStopped) return;
    const wanted = new Map(Array.from(specs, (spec) => [spec.name, spec]));
    const changes: Promise<void>[] = [];
    for (const [name, { spec }] of this.#byName) {
      const next = wanted.get(name);
      if (next?.queue !== spec.queue || next.version !== spec.version) changes.push(this.#end(name));
    }
    for (const [name, spec] of wanted) {
      if (!this.#byName.has(name)) changes.push(this.#begin(spec));
    }
    await Promise.all(changes);
  }

  /** To be called when the limit of the spec of that name may have changed. */
  apply(name: string): void {
    void this.#byName.get(name)?.apply();
  }

  /** Takes no more messages and waits for those in flight. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const name of [...this.#byName.keys()]) void this.#end(name);
    await this.#ending.ended();
  }

  #begin(spec: ConsumerSpec): Promise<void> {
    const { broker, inFlight, sleep, onError } = this.#deps;
    const bounded: ConsumerSpec = {
      ...spec,
      limit: () => (inFlight.isFull ? undefined : spec.limit()),
      handle: countingBytes(spec.handle, inFlight, onError),
    };
    const report = (error: unknown): void => onError(spec.name, error);
    const subscription = new Subscription(bounded, { broker, sleep, onError: report });
    this.#byName.set(spec.name, subscription);
    return subscription.apply();
  }

  async #end(name: string): Promise<void> {
    const subscription = this.#byName.get(name);
    this.#byName.delete(name);
    this.#ending.begin();
    await subscription?.stop();
    this.#ending.end();
  }
}
