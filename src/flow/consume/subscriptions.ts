import type { Broker } from "../../ports/broker.ts";
import type { Consumer, MessageHandler } from "../../ports/consumer.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { Config } from "../../domain/config.ts";
import { readDelivery } from "../../domain/delivery/delivery-message.ts";
import type { CircuitBreakerPolicy } from "../../domain/target/circuit.ts";
import type { ApiDestination, FunctionConfig } from "../../domain/target/function.ts";
import type { Invoker } from "../../ports/functions.ts";
import type { Observer } from "../../ports/observer.ts";
import type { PauseSource } from "../../ports/pauses.ts";
import { apiDestinationQueue, functionQueue, SUSPECT_QUEUE } from "../../domain/queue/queues.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { Deliver } from "../deliver/deliver.ts";
import { FormerQueue } from "./former-queue.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import { storeUntilConfirmed } from "../deliver/settle.ts";
import { moved, suspectOrigin } from "../deliver/suspect.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import { PolledFormerQueues } from "./polled-former-queues.ts";
import { Subscription } from "./subscription.ts";

export interface SubscriptionsDeps {
  readonly broker: Broker;
  readonly config: () => Config;
  readonly deliver: Deliver;
  readonly inFlight: InFlightBytes;
  readonly paused: PauseSource;
  readonly observer: Pick<Observer, "circuit">;
  readonly functionInvoker: (fn: FunctionConfig) => Invoker;
  readonly apiDestinationInvoker: (destination: ApiDestination) => Invoker;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (what: string, error: unknown) => void;
}

/** What a subscription is made from, and what tells whether a reload has changed it. */
interface Wanted {
  readonly fingerprint: string;
  readonly destination: DestinationRef;
  readonly queue: string;
  readonly formerQueue?: string;
  readonly concurrency: number;
  readonly circuitBreaker?: CircuitBreakerPolicy;
  readonly invoker: () => Invoker;
}

/** A destination's place: its subscription, and the end of whatever is being done to it. */
interface Slot {
  fingerprint: string | undefined;
  subscription: Subscription | undefined;
  work: Promise<void>;
}

/** Keeps the running consumers in step with the configuration. */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #slots = new Map<string, Slot>();
  readonly #polledFormerQueues: PolledFormerQueues;
  #suspects: Consumer | undefined;
  readonly #stopping = new AbortController();
  /** Whether the budget of bytes in flight is used up. */
  #full = false;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
    this.#polledFormerQueues = new PolledFormerQueues({
      broker: deps.broker,
      counted: (handler) => this.#counted(handler),
      move: (message, queue) => this.#move(message, queue),
      isOpen: (label) => !this.#full && !deps.paused.isPaused(label),
      nowMs: deps.nowMs,
      sleep: deps.sleep,
    });
    deps.inFlight.onChange((full) => {
      this.#full = full;
      for (const { subscription } of this.#slots.values()) subscription?.gate.set("budget", full);
    });
    deps.paused.onChange((label) => {
      this.#slots.get(label)?.subscription?.gate.set("paused", deps.paused.isPaused(label));
    });
  }

  /** Starts consuming, the suspects' queue included. Every queue must have been declared. */
  async start(config: Config): Promise<void> {
    await Promise.all(this.reconcile(config));
    const handle = this.#counted((message, lost) => this.#trySuspect(message, lost));
    this.#suspects = await this.#deps.broker.consume(SUSPECT_QUEUE, 1, handle);
  }

  /**
   * Starts what is new, ends what is gone, and restarts what is called in another way, which has to wait for its
   * calls in flight. Each promise resolves when one destination is as the configuration says; none rejects.
   */
  reconcile(config: Config): readonly Promise<void>[] {
    // A reload that was under way when the stop began must not start anything again.
    if (this.#stopping.signal.aborted) return [];
    this.#polledFormerQueues.reconcile(config);
    const wanted = wantedBy(config, this.#deps);
    const labels = new Set([...wanted.keys(), ...this.#slots.keys()]);
    return [...labels].map((label) => this.#change(label, wanted.get(label)));
  }

  /** Takes no more messages and waits for those in flight. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const ended = [...this.#slots.keys()].map((label) => this.#change(label, undefined));
    await Promise.all([this.#suspects?.stop(), this.#polledFormerQueues.stop(), ...ended]);
  }

  #change(label: string, wanted: Wanted | undefined): Promise<void> {
    const slot = this.#slots.get(label) ?? { fingerprint: undefined, subscription: undefined, work: Promise.resolve() };
    this.#slots.set(label, slot);
    if (slot.fingerprint === wanted?.fingerprint) return slot.work;
    slot.fingerprint = wanted?.fingerprint;
    const report = (error: unknown): void => this.#deps.onError(label, error);
    slot.work = slot.work
      // What ends badly must not keep what follows it from beginning.
      .then(() => slot.subscription?.stop().catch(report))
      .then(() => this.#replace(label, slot, wanted))
      .catch(report);
    return slot.work;
  }

  async #replace(label: string, slot: Slot, wanted: Wanted | undefined): Promise<void> {
    slot.subscription = undefined;
    if (wanted === undefined) {
      // A reload may have brought it back while the old one was ending.
      if (slot.fingerprint === undefined) this.#slots.delete(label);
      return;
    }
    const { broker, deliver, nowMs, sleep, observer, paused } = this.#deps;
    const { formerQueue, ...options } = wanted;
    const subscription = new Subscription({
      ...options,
      ...(formerQueue === undefined ? {} : { formerQueue: new FormerQueue(formerQueue, broker, nowMs) }),
      invoker: wanted.invoker(),
      broker,
      deliver,
      counted: (handler) => this.#counted(handler),
      move: (message, queue) => this.#move(message, queue),
      sleep,
      onCircuit: (facts) => observer.circuit(facts),
      onError: (error) => this.#deps.onError(label, error),
    });
    slot.subscription = subscription;
    subscription.gate.set("budget", this.#full);
    subscription.gate.set("paused", paused.isPaused(label));
    await subscription.start();
  }

  /** Counts the bytes of what is in flight, whichever way it came. */
  #counted(handler: MessageHandler): MessageHandler {
    const { inFlight, onError } = this.#deps;
    return async (message, lost) => {
      inFlight.take(message.body.length);
      try {
        await handler(message, lost);
      } catch (error) {
        // The broker hands the message out again after a pause, and tells nobody. One that was lost did not fail.
        if (error !== lost.reason) onError(message.queue, error);
        throw error;
      } finally {
        inFlight.release(message.body.length);
      }
    };
  }

  /** Held until it is stored: a broker that cannot store now would count each return as another crash. */
  async #move(message: Received, queue: string): Promise<void> {
    await storeUntilConfirmed([moved(message, queue)], undefined, this.#deps, this.#stopping.signal, (error) =>
      this.#deps.onError(message.queue, error),
    );
  }

  /**
   * A suspect is tried alone, here. Where the call must not be made by this router (a push container is called by one
   * router at a time, a polling function by whoever it polls), the suspect goes back to its own queue with its count.
   */
  async #trySuspect(message: Received, lost: AbortSignal): Promise<void> {
    const read = readDelivery(message);
    if (!read.ok) {
      await this.#deps.deliver(message, notCalled);
      return;
    }
    const { destination } = read.delivery;
    const config = this.#deps.config();
    const subscription = this.#slots.get(destinationLabel(destination))?.subscription;
    const calledByOne =
      destination.kind === "function" && config.functions.get(destination.name)?.run.kind === "container";
    if (subscription !== undefined && !calledByOne) return subscription.trySuspect(message, lost);
    this.#stopping.signal.throwIfAborted();
    await this.#move(message, suspectHome(message, destination, config));
  }
}

/** A destination that this router knows may have another queue by now than the one that the suspect came from. */
function suspectHome(message: Received, destination: DestinationRef, config: Config): string {
  const known = destination.kind === "api-destination" || config.functions.has(destination.name);
  return (known ? undefined : suspectOrigin(message, destination)) ?? destinationQueue(destination, config);
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
    const { run, timeoutSeconds, concurrency, memorySize, environment, circuitBreaker } = fn;
    const destination = { kind: "function", name: fn.name } as const;
    wanted.set(destinationLabel(destination), {
      fingerprint: JSON.stringify({ run, timeoutSeconds, concurrency, memorySize, environment, circuitBreaker }),
      destination,
      queue: functionQueue(fn.name, run.kind),
      formerQueue: functionQueue(fn.name, run.kind === "container" ? "http" : "container"),
      concurrency,
      ...(circuitBreaker === undefined ? {} : { circuitBreaker }),
      invoker: () => deps.functionInvoker(fn),
    });
  }
  for (const destination of config.apiDestinations.values()) {
    // A description says nothing about calling, and pauses are followed by themselves.
    const { description: _description, paused: _paused, ...called } = destination;
    const { name, concurrency, circuitBreaker } = called;
    const ref = { kind: "api-destination", name } as const;
    wanted.set(destinationLabel(ref), {
      fingerprint: JSON.stringify(called),
      destination: ref,
      queue: apiDestinationQueue(name),
      concurrency,
      ...(circuitBreaker === undefined ? {} : { circuitBreaker }),
      invoker: () => deps.apiDestinationInvoker(destination),
    });
  }
  return wanted;
}
