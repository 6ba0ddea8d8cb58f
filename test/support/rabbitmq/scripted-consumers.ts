import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { BlockedKeys } from "../../../src/flow/order/blocked-keys.ts";
import { Owners } from "../../../src/flow/order/owners.ts";
import type { Consumer, MessageHandler } from "../../../src/ports/broker/consumer.ts";
import type { Depth } from "../../../src/ports/broker/inspector.ts";
import type { Received } from "../../../src/domain/queue/message.ts";
import type { Config } from "../../../src/domain/config.ts";
import type { Rule } from "../../../src/domain/rule/rule.ts";
import type { Delivery } from "../../../src/domain/delivery/delivery.ts";
import { deliveryMessage } from "../../../src/domain/delivery/delivery-message.ts";
import type { FunctionConfig } from "../../../src/domain/target/function.ts";
import type { Capacity, Invoker } from "../../../src/ports/functions/functions.ts";
import type { PauseSource } from "../../../src/ports/admin/pauses.ts";
import type { CircuitFacts } from "../../../src/domain/facts.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { DestinationConsumers } from "../../../src/flow/deliver/destination-consumers.ts";
import { Callees } from "../../../src/flow/functions/callees.ts";
import { sampleConfig, sampleDelivery } from "../sample.ts";
import { ScriptedStorage } from "../store/scripted-storage.ts";

export const SUCCESS: Outcome = { ok: true, statusCode: 200 };

/** A consumer that notes what is asked of it. */
class ScriptedConsumer implements Consumer {
  readonly queue: string;
  readonly limit: number;
  readonly #handler: MessageHandler;
  state: "running" | "paused" | "stopped" = "running";
  /** What a pause, and a stop, waits for. */
  pausing = Promise.resolve();
  stopping = Promise.resolve();

  constructor(queue: string, limit: number, handler: MessageHandler) {
    this.queue = queue;
    this.limit = limit;
    this.#handler = handler;
  }

  handler(message: Received, lost = new AbortController().signal): Promise<void> {
    return this.#handler(message, lost);
  }

  async pause(): Promise<void> {
    await this.pausing;
    this.state = "paused";
  }

  resume(): Promise<void> {
    this.state = "running";
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.state = "stopped";
    return this.stopping;
  }
}

class ScriptedBroker extends ScriptedStorage {
  readonly consumers: ScriptedConsumer[] = [];
  depthOf: (queue: string) => Promise<Depth | undefined> = () => Promise.resolve(undefined);
  /** Runs while a subscription is being made. */
  whileConsuming: (queue: string) => void = () => undefined;

  depth(queue: string): Promise<Depth | undefined> {
    return this.depthOf(queue);
  }

  async consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    this.whileConsuming(queue);
    const consumer = new ScriptedConsumer(queue, limit, handler);
    this.consumers.push(consumer);
    return Promise.resolve(consumer);
  }

  /** The latest consumer of a queue. */
  of(queue: string): ScriptedConsumer | undefined {
    return this.consumers.findLast((consumer) => consumer.queue === queue);
  }

  /** Hands a message to the latest consumer of its queue. */
  hand(message: Received, lost?: AbortSignal): Promise<void> {
    const consumer = this.of(message.queue);
    if (consumer === undefined) throw new Error(`nobody consumes ${message.queue}`);
    return consumer.handler(message, lost);
  }
}

/** Lets everything that can go on without time passing go on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function sampleMessage(queue: string, changes: Partial<Delivery> = {}, headers: object = {}): Received {
  const message = deliveryMessage(sampleDelivery(changes), queue);
  return { ...message, headers: { ...message.headers, ...headers }, crashes: 0 };
}

export interface Scripted {
  readonly functions: readonly FunctionConfig[];
  readonly rules?: readonly Rule[];
  readonly capacity?: Capacity;
  /** What a call comes to. */
  readonly call?: () => Promise<Outcome>;
  readonly close?: () => Promise<void>;
}

function notOrdered(): Promise<never> {
  return Promise.reject(new Error("a function that keeps no order was taken for one"));
}

/** The consumers of destinations on a scripted broker, where time passes only when the test says so. */
export function scriptedConsumers({ functions, rules = [], capacity, call, close }: Scripted) {
  const broker = new ScriptedBroker();
  const inFlight = new InFlightBytes(100);
  const errors: unknown[] = [];
  const circuits: CircuitFacts[] = [];
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  const labels = new Set<string>();
  /** For which destination a caller was made, each time. */
  const callersMade: string[] = [];
  const pauseListeners: ((label: string) => void)[] = [];
  const current: { config: Config } = { config: sampleConfig({ functions, rules }) };
  const invoker: Invoker = {
    invoke: call ?? (() => Promise.resolve(SUCCESS)),
    close: close ?? (() => Promise.resolve()),
    ...(capacity === undefined ? {} : { capacity }),
  };
  const makeInvoker = ({ name }: { readonly name: string }): Invoker => {
    callersMade.push(name);
    return invoker;
  };
  const paused: PauseSource = {
    isPaused: (label) => labels.has(label),
    onChange: (listener) => void pauseListeners.push(listener),
  };
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      sleeps.push({ ms, wake: resolve });
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const onError = (_where: string, error: unknown): void => void errors.push(error);
  const callees = new Callees({
    paused,
    functionInvoker: makeInvoker,
    apiDestinationInvoker: makeInvoker,
    onCircuit: (facts) => void circuits.push(facts),
    random: () => 0,
    sleep,
    onError,
  });
  const unusedLog = new SharedLog({ append: notOrdered, follow: notOrdered }, () => undefined);
  const destinations = new DestinationConsumers({
    broker,
    // No function of these tests keeps an order.
    inHand: { attempt: notOrdered, giveUp: notOrdered, park: notOrdered },
    // Nor are there batches: what comes to their queues is not called for.
    batches: { read: () => undefined, deliver: () => [] },
    pause: turn,
    owners: new Owners({ log: unusedLog, newId: () => "router" }),
    blockedKeys: new BlockedKeys({
      log: unusedLog,
      nowMs: () => 0,
      keepsOrder: () => true,
      onBlocked: () => undefined,
      onGoesOn: () => undefined,
    }),
    nowMs: () => 0,
    noticeFreeze: () => undefined,
    config: () => current.config,
    deliver: async (message, makeCall) => {
      const destination = { kind: "function", name: "f" } as const;
      await makeCall(
        { id: message.id, attempt: 1, destination, payload: Buffer.from("{}") },
        new AbortController().signal,
      );
      return "settled";
    },
    callees,
    inFlight,
    paused,
    sleep,
    onError,
  });
  /** Both together, as `app/deliver.ts` has them. */
  const consumers = {
    start: async (config: Config): Promise<void> => {
      await callees.follow(config);
      await destinations.start(config);
    },
    follow: async (config: Config): Promise<void> => {
      await Promise.all([callees.follow(config), destinations.follow(config)]);
      await turn();
    },
    stop: async (): Promise<void> => {
      await Promise.all([destinations.stop(), callees.stop()]);
    },
  };
  return {
    broker,
    inFlight,
    errors,
    circuits,
    callersMade,
    current,
    consumers,
    pause: (label: string, stands: boolean): void => {
      if (stands) labels.add(label);
      else labels.delete(label);
      for (const listener of pauseListeners) listener(label);
    },
    /** Ends every wait of up to so long. */
    passTime: async (ms = Infinity): Promise<void> => {
      for (const { ms: wait, wake } of sleeps.splice(0)) {
        if (wait <= ms) wake();
        else sleeps.push({ ms: wait, wake });
      }
      await turn();
    },
  };
}
