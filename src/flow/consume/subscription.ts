import { Ongoing } from "../../async/ongoing.ts";
import type { Consumer, Consumers } from "../../ports/broker/consumer.ts";
import type { ConsumerSpec, MessageLimit } from "./consumer-spec.ts";

/** How long to wait before a change is made again that the broker refused. */
const RETRY_MS = 5_000;

export interface SubscriptionDeps {
  readonly broker: Consumers;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

type State =
  | { readonly name: "idle" }
  | { readonly name: "running" | "paused"; readonly consumer: Consumer; readonly limit: number }
  | { readonly name: "stopped" };

/**
 * Keeps one queue consumed as its spec says by then.
 *
 * - `idle`: there is no consumer. A subscription begins so, and is so again when a next consumer was refused.
 * - `running`: the consumer takes messages, up to its limit. From `idle`, when the spec has a limit. From `running`
 *   with another consumer, when the limit is out of bounds: the former one finishes what it holds meanwhile.
 * - `paused`: the consumer is cancelled, since RabbitMQ must not take messages for stuck that nobody handles. From
 *   `running`, when the spec has no limit, and back when it has one.
 * - `stopped`: for good. From any state, by `stop`.
 *
 * `apply` makes all of these moves but the last one. A move that the broker refuses is made again after 5 s.
 */
export class Subscription {
  readonly spec: ConsumerSpec;
  readonly #deps: SubscriptionDeps;
  #state: State = { name: "idle" };
  readonly #stopping = new AbortController();
  /** Consumers that finish what they hold. */
  readonly #ending = new Ongoing();
  #applied: Promise<void> = Promise.resolve();
  #isOutdated = false;
  #isRetrying = false;

  constructor(spec: ConsumerSpec, deps: SubscriptionDeps) {
    this.spec = spec;
    this.#deps = deps;
  }

  /** To be called when the spec's limit may have changed. Resolves when the consumer follows it; never rejects. */
  apply(): Promise<void> {
    this.#isOutdated = true;
    this.#applied = this.#applied.then(() => this.#applyLatest());
    return this.#applied;
  }

  /** Takes no more, and resolves when every handler in flight has settled. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#applied;
    const state = this.#state;
    this.#state = { name: "stopped" };
    if ("consumer" in state) this.#end(state.consumer);
    await this.#ending.ended();
  }

  /** One move does for all the changes before it. */
  async #applyLatest(): Promise<void> {
    if (!this.#isOutdated || this.#stopping.signal.aborted) return;
    this.#isOutdated = false;
    try {
      this.#state = await this.#next(this.#state, this.spec.limit());
    } catch (error) {
      this.#deps.onError(error);
      void this.#applyLater();
    }
  }

  async #next(state: State, limit: MessageLimit | undefined): Promise<State> {
    const current = "consumer" in state ? state : undefined;
    if (limit === undefined) {
      // Also when it is paused already: an earlier pause may have been refused half-way.
      await current?.consumer.pause();
      return current === undefined ? state : { ...current, name: "paused" };
    }
    if (current !== undefined && current.limit >= limit.least && current.limit <= limit.most) {
      await current.consumer.resume();
      return { ...current, name: "running" };
    }
    if (current !== undefined) this.#end(current.consumer);
    this.#state = { name: "idle" };
    const { queue, handle } = this.spec;
    const consumer = await this.#deps.broker.consume(queue, limit.wanted, handle);
    return { name: "running", consumer, limit: limit.wanted };
  }

  /** However many moves fail meanwhile, there is one wait. */
  async #applyLater(): Promise<void> {
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    await this.#deps.sleep(RETRY_MS, this.#stopping.signal).catch(() => undefined);
    this.#isRetrying = false;
    await this.apply();
  }

  #end(consumer: Consumer): void {
    this.#ending.begin();
    void consumer
      .stop()
      .catch(this.#deps.onError)
      .finally(() => this.#ending.end());
  }
}
