import type { Broker, Consumer, QueueDeclaration, Received } from "../core/broker.ts";
import type { Config } from "../core/config.ts";
import { ownHeaders, readDelivery } from "../core/delivery-message.ts";
import type { ApiDestination, FunctionConfig } from "../core/function.ts";
import type { Invoker } from "../core/invocation.ts";
import { apiDestinationQueue, declarationOf, functionQueue, SUSPECT_QUEUE } from "../core/queues.ts";
import { destinationLabel } from "../core/target.ts";
import type { Deliver } from "./deliver.ts";
import { FormerQueue } from "./former-queue.ts";
import type { InFlightBytes } from "./in-flight.ts";
import { storeUntilConfirmed } from "./deliver/settle.ts";
import { destinationQueue } from "./ingest/publish.ts";
import { Subscription } from "./subscription.ts";

export interface SubscriptionsDeps {
  readonly broker: Broker;
  readonly config: () => Config;
  readonly deliver: Deliver;
  readonly inFlight: InFlightBytes;
  readonly functionInvoker: (fn: FunctionConfig) => Invoker;
  readonly apiDestinationInvoker: (destination: ApiDestination) => Invoker;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (what: string, error: unknown) => void;
}

/** What a subscription is made from, and what tells whether a reload has changed it. */
interface Wanted {
  readonly fingerprint: string;
  readonly queue: string;
  readonly formerQueue?: string;
  readonly concurrency: number;
  readonly invoker: () => Invoker;
}

/** A destination's place: its subscription, and the end of whatever is being done to it. */
interface Slot {
  fingerprint: string | undefined;
  subscription: Subscription | undefined;
  work: Promise<void>;
}

/** Every queue that the configuration needs. What Busbar needs whatever its configuration, brokers make themselves. */
export function declarationsOf(config: Config): readonly QueueDeclaration[] {
  const queues = [
    ...[...config.functions.values()].map((fn) => functionQueue(fn.name, fn.run.kind)),
    ...[...config.apiDestinations.keys()].map(apiDestinationQueue),
    ...config.queues.keys(),
  ];
  return queues.map(declarationOf);
}

/** Keeps the running consumers in step with the configuration. */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #slots = new Map<string, Slot>();
  #suspects: Consumer | undefined;
  readonly #stopping = new AbortController();
  /** Whether the budget of bytes in flight is used up. */
  #full = false;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
    deps.inFlight.onChange((full) => {
      this.#full = full;
      for (const { subscription } of this.#slots.values()) void this.#follow(subscription);
    });
  }

  /** Starts consuming, the suspects' queue included. Every queue must have been declared. */
  async start(config: Config): Promise<void> {
    await Promise.all(this.reconcile(config));
    this.#suspects = await this.#deps.broker.consume(SUSPECT_QUEUE, 1, (message) => this.#trySuspect(message));
  }

  /**
   * Starts what is new, ends what is gone, and restarts what is called in another way, which has to wait for its
   * calls in flight. Each promise resolves when one destination is as the configuration says; none rejects.
   */
  reconcile(config: Config): readonly Promise<void>[] {
    // A reload that was under way when the stop began must not start anything again.
    if (this.#stopping.signal.aborted) return [];
    const wanted = wantedBy(config, this.#deps);
    const labels = new Set([...wanted.keys(), ...this.#slots.keys()]);
    return [...labels].map((label) => this.#change(label, wanted.get(label)));
  }

  /** Takes no more messages and waits for those in flight. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const ended = [...this.#slots.keys()].map((label) => this.#change(label, undefined));
    await Promise.all([this.#suspects?.stop(), ...ended]);
  }

  #change(label: string, wanted: Wanted | undefined): Promise<void> {
    const slot = this.#slots.get(label) ?? { fingerprint: undefined, subscription: undefined, work: Promise.resolve() };
    this.#slots.set(label, slot);
    if (slot.fingerprint === wanted?.fingerprint) return slot.work;
    slot.fingerprint = wanted?.fingerprint;
    slot.work = slot.work
      .then(() => this.#replace(label, slot, wanted))
      .catch((error: unknown) => this.#deps.onError(label, error));
    return slot.work;
  }

  async #replace(label: string, slot: Slot, wanted: Wanted | undefined): Promise<void> {
    await slot.subscription?.stop();
    slot.subscription = undefined;
    if (wanted === undefined) {
      // A reload may have brought it back while the old one was ending.
      if (slot.fingerprint === undefined) this.#slots.delete(label);
      return;
    }
    const { broker, nowMs, sleep } = this.#deps;
    const { queue, formerQueue, concurrency } = wanted;
    slot.subscription = new Subscription({
      queue,
      ...(formerQueue === undefined ? {} : { formerQueue: new FormerQueue(formerQueue, broker, nowMs) }),
      concurrency,
      invoker: wanted.invoker(),
      broker,
      deliver: (message, call) => this.#deliverCounted(message, call),
      sleep,
    });
    // One that begins while the budget is used up begins paused.
    if (this.#full) void this.#follow(slot.subscription);
    await slot.subscription.start();
  }

  /** Counts the bytes of what is in flight, whichever way it came. */
  async #deliverCounted(message: Received, call: Parameters<Deliver>[1]): ReturnType<Deliver> {
    const { inFlight, deliver } = this.#deps;
    inFlight.take(message.body.length);
    try {
      return await deliver(message, call);
    } catch (error) {
      // The broker hands the message out again after a pause, and tells nobody.
      this.#deps.onError(message.queue, error);
      throw error;
    } finally {
      inFlight.release(message.body.length);
    }
  }

  /** Pauses or resumes one, as the budget stands now. None waits for another, which may have long calls to finish. */
  async #follow(subscription: Subscription | undefined): Promise<void> {
    try {
      await (this.#full ? subscription?.pause() : subscription?.resume());
    } catch (error) {
      this.#deps.onError("pause", error);
    }
  }

  /**
   * A suspect is tried alone, here. Where the call must not be made by this router (a push container is called by one
   * router at a time, a polling function by whoever it polls), the suspect goes back to its own queue with its count.
   */
  async #trySuspect(message: Received): Promise<void> {
    const read = readDelivery(message);
    const { destination } = read.ok ? read.delivery : { destination: undefined };
    const config = this.#deps.config();
    const run = destination?.kind === "function" ? config.functions.get(destination.name)?.run.kind : "api-destination";
    const subscription = destination && this.#slots.get(destinationLabel(destination))?.subscription;
    if (destination === undefined || (subscription !== undefined && run !== "container")) {
      await (subscription?.handle(message) ?? this.#deps.deliver(message, notCalled));
      return;
    }
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    const queue = destinationQueue(destination, config);
    const { id, body } = message;
    // Held until it is stored: a broker that cannot store now would count each return as another crash, and park it.
    const moved = { queue, id, body, headers: ownHeaders(message) };
    await storeUntilConfirmed([moved], undefined, this.#deps, signal, (error) =>
      this.#deps.onError(SUSPECT_QUEUE, error),
    );
  }
}

/** For a message that cannot be read: the journey parks it before it would call anybody. */
function notCalled(): never {
  throw new Error("an unreadable message reached a call");
}

/** The subscriptions that a configuration asks for. Functions that poll have none: their polls fetch the work. */
function wantedBy(config: Config, deps: SubscriptionsDeps): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const fn of config.functions.values()) {
    if (fn.run.kind === "runtimeApi") continue;
    const { run, timeoutSeconds, concurrency, memorySize, environment } = fn;
    wanted.set(destinationLabel({ kind: "function", name: fn.name }), {
      fingerprint: JSON.stringify({ run, timeoutSeconds, concurrency, memorySize, environment }),
      queue: functionQueue(fn.name, run.kind),
      formerQueue: functionQueue(fn.name, run.kind === "container" ? "http" : "container"),
      concurrency,
      invoker: () => deps.functionInvoker(fn),
    });
  }
  for (const destination of config.apiDestinations.values()) {
    wanted.set(destinationLabel({ kind: "api-destination", name: destination.name }), {
      fingerprint: JSON.stringify(destination),
      queue: apiDestinationQueue(destination.name),
      concurrency: destination.concurrency,
      invoker: () => deps.apiDestinationInvoker(destination),
    });
  }
  return wanted;
}
