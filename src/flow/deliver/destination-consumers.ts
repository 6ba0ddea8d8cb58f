import type { Config } from "../../domain/config.ts";
import { destinationsOf } from "../../domain/config.ts";
import { readDelivery } from "../../domain/delivery/delivery-message.ts";
import type { KeysWaiting } from "../../domain/order/keys-waiting.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import { functionQueueKind, SUSPECT_QUEUE } from "../../domain/queue/queues.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { Consumer, Consumers } from "../../ports/broker/consumer.ts";
import type { QueueCounts } from "../../ports/broker/inspector.ts";
import type { PauseSource } from "../../ports/admin/pauses.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import type { BatchDeliveries } from "../batch/batch-deliveries.ts";
import { BatchedFunctions } from "../batch/batched-functions.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { ConsumerSpec, MessageLimit } from "../consume/consumer-spec.ts";
import { countingBytes } from "../consume/counting-bytes.ts";
import { FormerQueues } from "../consume/former-queues.ts";
import { Subscriptions } from "../consume/subscriptions.ts";
import type { Callee } from "../functions/callee.ts";
import type { Callees } from "../functions/callees.ts";
import type { BlockedKeys } from "../order/blocked-keys.ts";
import type { InHandDeliveries } from "../order/in-hand.ts";
import { OrderedFunctions } from "../order/ordered-functions.ts";
import type { Owners } from "../order/owners.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";
import type { Deliver } from "./deliver.ts";
import { moved, suspectHome } from "./suspect.ts";

/** How long a message may wait here for a slot: with the longest call after it, well below RabbitMQ's 30 min. */
const HELD_MS_MAX = 600_000;
/** The same for a suspect: others wait behind it. */
const SUSPECT_HELD_MS_MAX = 10_000;

export interface DestinationConsumersDeps {
  readonly broker: Publisher & Consumers & QueueCounts;
  readonly config: () => Config;
  readonly deliver: Deliver;
  /** For functions that keep an order. */
  readonly inHand: InHandDeliveries;
  /** For functions that are called with batches of events. */
  readonly batches: BatchDeliveries;
  readonly owners: Owners;
  readonly blockedKeys: BlockedKeys;
  readonly nowMs: () => number;
  readonly noticeFreeze: () => void;
  readonly callees: Callees;
  readonly inFlight: InFlightBytes;
  readonly paused: PauseSource;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** @param where the label of a destination, or the queue of a message. */
  readonly onError: (where: string, error: unknown) => void;
}

/** Consumes the queues of all destinations that this router calls, and the suspects' queue, and delivers what comes. */
export class DestinationConsumers {
  readonly #deps: DestinationConsumersDeps;
  readonly #subscriptions: Subscriptions;
  readonly #formerQueues: FormerQueues;
  readonly #ordered: OrderedFunctions;
  readonly #batched: BatchedFunctions;
  #suspects: Consumer | undefined;
  readonly #stopping = new AbortController();

  constructor(deps: DestinationConsumersDeps) {
    this.#deps = deps;
    this.#subscriptions = new Subscriptions(deps);
    this.#formerQueues = new FormerQueues({
      ...deps,
      move: (message, queue) => this.#move(message, queue),
      isOpen: (name) => this.#isOpen({ kind: "function", name }),
    });
    this.#ordered = new OrderedFunctions({
      ...deps,
      deliveries: deps.inHand,
      onWindow: (label) => this.#subscriptions.apply(label),
    });
    this.#batched = new BatchedFunctions({
      ...deps,
      handleAlone: (label, message, lost) =>
        this.#handle(message, deps.callees.find(label), message.queue, HELD_MS_MAX, lost),
      giveBack: (messages) => this.#store(messages.map((message) => moved(message, message.queue))),
      onLimit: (name) => this.#subscriptions.apply(name),
    });
    deps.callees.onChange((label) => this.#subscriptions.apply(label));
  }

  /** Starts consuming, the suspects' queue included. Every queue must have been declared. */
  async start(config: Config): Promise<void> {
    const { broker, inFlight, onError } = this.#deps;
    await this.follow(config);
    const handle = countingBytes((message, lost) => this.#trySuspect(message, lost), inFlight, onError);
    this.#suspects = await broker.consume(SUSPECT_QUEUE, 1, handle);
  }

  /**
   * Consumes what another configuration has. The callees must follow it first. Resolves when what is new is
   * consumed, or is idle, as it says, and what was taken out has ended; never rejects.
   */
  async follow(config: Config): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#formerQueues.follow(config);
    this.#ordered.follow(config);
    const called = calledBy(config).map((each) => this.#specOf(each, config));
    await this.#subscriptions.follow([...called, ...this.#batched.follow(config)]);
  }

  /** How many keys of functions that keep an order wait at this router, by the function's label. */
  keysWaiting(): ReadonlyMap<string, KeysWaiting> {
    return this.#ordered.keysWaiting();
  }

  /** Takes no more messages and waits for those in flight. The callees must be stopped meanwhile. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#subscriptions.stop(), this.#suspects?.stop(), this.#formerQueues.stop()]);
  }

  #specOf(destination: DestinationRef, config: Config): ConsumerSpec {
    const label = destinationLabel(destination);
    const queue = destinationQueue(destination, config);
    const { callees } = this.#deps;
    const ordered = this.#ordered.find(label);
    const path = destination.kind === "function" ? config.functions.get(destination.name)?.orderBy?.path : undefined;
    if (ordered !== undefined && path !== undefined) {
      const limit = (): MessageLimit | undefined => orderedLimit(callees.find(label), ordered.window);
      return { name: label, queue, version: path, limit, handle: ordered.handle };
    }
    return {
      name: label,
      queue,
      limit: () => messageLimit(callees.find(label)),
      handle: (message, lost) => this.#handle(message, callees.find(label), queue, HELD_MS_MAX, lost),
    };
  }

  /** A message that is lost while it waits is neither called for nor moved: another router may have it by now. */
  async #handle(
    message: Received,
    callee: Callee | undefined,
    queue: string,
    heldMsMax: number,
    lost: AbortSignal,
  ): Promise<void> {
    let mayCall = false;
    try {
      mayCall = callee !== undefined && (callee.tryEnter() || (await callee.enter(heldMsMax, lost)));
      lost.throwIfAborted();
      if (callee !== undefined && mayCall) await this.#deps.deliver(message, callee.call);
      else await this.#move(message, queue);
    } finally {
      if (mayCall) callee?.leave();
    }
  }

  /**
   * A suspect is tried by itself, here. Where this router must not make the call (a push container and a function that
   * keeps an order are called by one router at a time, a polling function by the router that it polls), the suspect goes
   * back to its own queue with its count.
   */
  async #trySuspect(message: Received, lost: AbortSignal): Promise<void> {
    const read = readDelivery(message);
    if (!read.ok) {
      await this.#deps.deliver(message, notCalled);
      return;
    }
    const { destination } = read.delivery;
    const config = this.#deps.config();
    const callee = this.#deps.callees.find(destinationLabel(destination));
    const queue = suspectHome(message, read.delivery, config);
    const isOneRouters = destination.kind === "function" && isCalledByOneRouter(config.functions.get(destination.name));
    if (callee !== undefined && !isOneRouters) return this.#handle(message, callee, queue, SUSPECT_HELD_MS_MAX, lost);
    this.#stopping.signal.throwIfAborted();
    await this.#move(message, queue);
  }

  /** Held until it is stored: a broker that cannot store now would count each return as another crash. */
  #move(message: Received, queue: string): Promise<void> {
    return this.#store([moved(message, queue)]);
  }

  async #store(messages: readonly Message[]): Promise<void> {
    const onDelay = (error: unknown): void => this.#deps.onError(messages[0]?.queue ?? "", error);
    await storeUntilConfirmed({ messages, leave: this.#stopping.signal, onDelay }, this.#deps);
  }

  /** Whether deliveries to a destination may begin, by a call or by a poll. */
  #isOpen(destination: DestinationRef): boolean {
    const { inFlight, callees, paused, config } = this.#deps;
    const label = destinationLabel(destination);
    if (inFlight.isFull) return false;
    const polls = config().functions.get(destination.name)?.run.kind === "runtimeApi";
    return polls ? !paused.isPaused(label) : callees.find(label)?.mayBeCalled === true;
  }
}

/** The destinations that are called. Functions that poll are not: their polls fetch the work. */
function calledBy(config: Config): readonly DestinationRef[] {
  return destinationsOf(config).filter(
    ({ kind, name }) => kind === "api-destination" || config.functions.get(name)?.run.kind !== "runtimeApi",
  );
}

/**
 * How many messages to hold for a callee. As many as it takes calls; one while its circuit is half open. Where the
 * calls follow the number of containers, which come and go all the time, up to twice as many, and the consumer stays as
 * long as it holds no fewer messages than there are calls, and no more than four times as many.
 */
function messageLimit(callee: Callee | undefined): MessageLimit | undefined {
  if (callee?.mayBeCalled !== true) return undefined;
  if (callee.circuit === "half-open") return { least: 1, wanted: 1, most: 1 };
  const { concurrency, callsMax } = callee;
  if (!callee.callsMaxVaries) return { least: concurrency, wanted: concurrency, most: concurrency };
  return { least: callsMax, wanted: Math.min(concurrency, 2 * callsMax), most: 4 * callsMax };
}

function isCalledByOneRouter(fn: FunctionConfig | undefined): boolean {
  return fn !== undefined && functionQueueKind(fn) !== "other";
}

/**
 * What a function that keeps an order has in hand. While its circuit is open it stays there: another router would find out
 * the same, and its keys wait in any case.
 */
function orderedLimit(callee: Callee | undefined, window: number): MessageLimit | undefined {
  return callee === undefined || callee.isPaused ? undefined : { least: window, wanted: window, most: window };
}

/** For a message that cannot be read: the journey parks it before it would call anybody. */
function notCalled(): never {
  throw new Error("an unreadable message reached a call");
}
