import type { Received } from "../../src/domain/queue/message.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Config } from "../../src/domain/config.ts";
import type { FunctionConfig } from "../../src/domain/target/function.ts";
import type { PutEntries } from "../../src/ports/put.ts";
import type { Capacity, Invoker, Poll } from "../../src/ports/functions.ts";
import type { Deliver } from "../../src/flow/deliver/deliver.ts";
import { createDeliver } from "../../src/flow/deliver/deliver.ts";
import { Admission } from "../../src/flow/put/admission.ts";
import { FairShare } from "../../src/flow/put/fair-share.ts";
import { InFlightBytes } from "../../src/flow/budget/in-flight.ts";
import { createPut } from "../../src/flow/put/put.ts";
import type { Pull } from "../../src/flow/consume/pull.ts";
import { createPull } from "../../src/flow/consume/pull.ts";
import type { PauseSource } from "../../src/ports/pauses.ts";
import { declarationsOf } from "../../src/domain/queue/configured-queues.ts";
import { DestinationConsumers } from "../../src/flow/deliver/destination-consumers.ts";
import { Callees } from "../../src/flow/functions/callees.ts";
import { IDENTITY } from "../support/sample.ts";
import type { CallRules } from "./oracle/call-rules.ts";
import type { Sabotage } from "./sabotage.ts";
import type { Variant } from "./scenario.ts";
import type { Life, Scheduler } from "./scheduler.ts";
import { SimulatedBroker } from "./simulated-broker.ts";
import type { PublishFaults } from "./simulated-broker.ts";
import type { SimulatedFunctions } from "./simulated-functions.ts";
import type { SimulatedRabbitMq, Witness } from "./simulated-rabbitmq.ts";
import type { Trace } from "./trace.ts";
import { TracingObserver } from "./tracing-observer.ts";

const ENTRIES_IN_FLIGHT_MAX = 20;
const API_TIMEOUT_MS = 5_000;
const DRAIN_MS = 10_000;
const GIVE_BACK_MS = 3_000;
const STEP_MS = 5_000;
/** How often a connection turns out to be gone when the work is written to it. */
const POLL_GONE = 0.02;
/** Environments that poll each router for each function. */
const ENVIRONMENTS = 2;

/** What all routers of a simulation share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly server: SimulatedRabbitMq;
  readonly functions: SimulatedFunctions;
  readonly witness: Witness;
  readonly rules: CallRules;
  readonly faults: PublishFaults;
  readonly bytesInFlightMax: number;
  readonly trace: Trace;
  readonly sabotage: Sabotage;
  readonly newId: () => string;
}

/** One life of a router: the parts that `app/app.ts` puts together, on a simulated broker, clock and network. */
export class SimulatedRouter {
  readonly name: string;
  readonly life: Life = { alive: true };
  readonly broker: SimulatedBroker;
  readonly inFlight: InFlightBytes;
  readonly putEntries: PutEntries;
  /** What its clock is ahead of the true time. */
  clockAheadMs = 0;
  variant: Variant;
  /** Whether it takes requests. */
  ready = false;
  readonly #world: World;
  readonly #port: Broker;
  readonly #callees: Callees;
  readonly #consumers: DestinationConsumers;
  readonly #pull: Pull;
  readonly #abandon = new AbortController();
  readonly #leave = new AbortController();
  readonly #polls = new Set<AbortController>();
  readonly #paused = new Set<string>();
  readonly #pauseListeners = new Set<(label: string) => void>();
  #pollEnded: () => void = () => undefined;
  #reloads: (() => void)[] = [];
  readonly #capacityListeners = new Set<() => void>();
  #containers = 1;
  #stopping = false;

  constructor(name: string, variant: Variant, world: World) {
    this.name = name;
    this.variant = variant;
    this.#world = world;
    this.inFlight = new InFlightBytes(world.bytesInFlightMax);
    const { scheduler, server, witness, faults, sabotage } = world;
    this.broker = new SimulatedBroker({ server, scheduler, witness, faults, life: this.life });
    this.#port = sabotage.broker?.(this.broker) ?? this.broker;
    if (sabotage.inFlight !== undefined) sabotage.inFlight(this.inFlight);
    const config = (): Config => this.variant.config;
    const sleep = (ms: number, signal: AbortSignal) => scheduler.sleep(ms, signal, this.life);
    const nowMs = sabotage.nowMs?.(() => this.nowMs()) ?? ((): number => this.nowMs());
    const observer = new TracingObserver(name, world.trace);
    const pause = (): Promise<void> => Promise.resolve();
    const clocked = { broker: this.#port, config, identity: IDENTITY, observer, newId: world.newId, nowMs, pause };
    const deliver = this.#watched(
      createDeliver({
        ...clocked,
        random: () => scheduler.chance.next(),
        sleep,
        abandon: this.#abandon.signal,
        leave: this.#leave.signal,
      }),
    );
    const paused: PauseSource = {
      isPaused: (label) => this.#paused.has(label),
      onChange: (listener) => void this.#pauseListeners.add(listener),
    };
    const onError = (where: string, error: unknown): void =>
      world.trace.note(`${name} failed at ${where}: ${String(error)}`);
    this.#callees = new Callees({
      paused,
      functionInvoker: (fn) => this.#functionInvoker(fn),
      apiDestinationInvoker: ({ concurrency }) => this.#invoker(concurrency, API_TIMEOUT_MS),
      onCircuit: (facts) => observer.circuit(facts),
      sleep,
      onError,
    });
    const consuming = { broker: this.#port, config, inFlight: this.inFlight, paused };
    this.#consumers = new DestinationConsumers({ ...consuming, deliver, callees: this.#callees, sleep, onError });
    this.#pull = createPull({ ...consuming, handle: deliver });
    this.putEntries = createPut({
      ...clocked,
      inFlight: this.inFlight,
      admission: new Admission({ max: ENTRIES_IN_FLIGHT_MAX, exceeded: () => undefined }, () => scheduler.nowMs),
      share: new FairShare(() => Promise.resolve()),
    });
  }

  /** Its own clock, epoch milliseconds. */
  nowMs(): number {
    return this.#world.scheduler.nowMs + this.clockAheadMs;
  }

  async start(): Promise<void> {
    await this.broker.start();
    await this.#port.declare(declarationsOf(this.variant.config));
    await this.#callees.follow(this.#consumed());
    await this.#consumers.start(this.#consumed());
    const names = this.variant.functions.map(({ name }) => name);
    for (const name of new Set([...names, "stock", "mail"])) {
      for (let i = 0; i < ENVIRONMENTS; i++) void this.#poll(name);
    }
    this.ready = true;
  }

  /** As a change of the configuration's files is taken over: queues first. */
  async reload(variant: Variant): Promise<void> {
    await this.#port.declare(declarationsOf(variant.config));
    this.variant = variant;
    void this.#callees.follow(this.#consumed());
    void this.#consumers.follow(this.#consumed());
    this.#pull.reconcile();
    for (const resolve of this.#reloads.splice(0)) resolve();
  }

  /** Dies between two awaits: none of its own steps is made any more. */
  crash(): void {
    this.life.alive = false;
    this.ready = false;
    this.broker.disconnect();
  }

  /** Drains and stops, within the bounds that a process has. */
  async stop(): Promise<void> {
    const { scheduler } = this.#world;
    this.ready = false;
    this.#stopping = true;
    scheduler.after(DRAIN_MS, this.life, () => this.#abandon.abort());
    scheduler.after(DRAIN_MS + GIVE_BACK_MS, this.life, () => this.#leave.abort());
    const polls = this.#endPolls();
    const bound = scheduler.wait(DRAIN_MS + GIVE_BACK_MS + STEP_MS, this.life);
    await Promise.race([Promise.all([this.#consumers.stop(), this.#callees.stop(), polls]), bound]);
    await this.broker.close();
    this.life.alive = false;
  }

  /** One container more or less. Who is dead does not see it. */
  scale(containers: number): void {
    if (!this.life.alive) return;
    this.#containers = containers;
    for (const listener of [...this.#capacityListeners]) listener();
  }

  /** As an operator does, on this router while it lives. */
  pause(label: string, paused: boolean): void {
    if (!this.life.alive) return;
    if (paused) this.#paused.add(label);
    else this.#paused.delete(label);
    for (const listener of this.#pauseListeners) listener(label);
  }

  /** The connections of all environments that wait are cut. */
  cutPolls(): void {
    for (const gone of [...this.#polls]) gone.abort();
  }

  #watched(deliver: Deliver): Deliver {
    const { rules, trace } = this.#world;
    return async (message, call) => {
      const delivered = deliver(message, async (invocation, signal) => {
        const handOut = this.broker.handOutOf(originalOf(message));
        if (handOut === undefined) throw new Error("a message that the broker did not hand out");
        trace.note(
          `${this.name} calls ${invocation.destination.name} for ${invocation.id}, attempt ${invocation.attempt}`,
        );
        const router = { life: this.life, nowMs: this.nowMs() };
        const running = rules.begin(message, handOut, invocation, router);
        try {
          const outcome = await call(invocation, signal);
          rules.end(running, outcome);
          return outcome;
        } catch (error) {
          rules.end(running, "gone");
          throw error;
        }
      });
      try {
        return await delivered;
      } finally {
        // What a stop did not wait for is given back, whatever it had come to.
        if (this.#abandon.signal.aborted) rules.abandoned(message.id);
      }
    };
  }

  /** The configuration that consumers are made from. */
  #consumed(): Config {
    const { config } = this.variant;
    return this.#world.sabotage.config?.(config) ?? config;
  }

  #functionInvoker(fn: FunctionConfig): Invoker {
    const { concurrency } = this.variant.functions.find(({ name }) => name === fn.name) ?? fn;
    const invoker = this.#invoker(concurrency, fn.timeoutSeconds * 1_000);
    if (fn.run.kind !== "container") return invoker;
    const capacity: Capacity = {
      current: () => this.#containers,
      onChange: (listener) => void this.#capacityListeners.add(listener),
    };
    return { ...invoker, capacity };
  }

  #invoker(concurrency: number, timeoutMs: number): Invoker {
    const { rules, functions } = this.#world;
    return {
      invoke: (invocation, signal) => {
        rules.checkConcurrency(invocation, concurrency);
        return functions.call(invocation, timeoutMs, signal, this.life);
      },
      close: () => Promise.resolve(),
    };
  }

  /** An environment of a function that polls: it asks for work, answers, and asks again. */
  async #poll(name: string): Promise<void> {
    const { scheduler } = this.#world;
    while (!this.#stopping) {
      if (this.variant.config.functions.get(name)?.run.kind === "runtimeApi") await this.#pollOnce(name);
      // There are environments of a function only while it is of that kind.
      else await new Promise<void>((resolve) => this.#reloads.push(resolve));
      await scheduler.wait(scheduler.chance.between(10, 1_000), this.life);
    }
  }

  async #pollOnce(name: string): Promise<void> {
    const { scheduler, functions } = this.#world;
    const gone = new AbortController();
    this.#polls.add(gone);
    const poll: Poll = {
      functionName: name,
      gone: gone.signal,
      invoke: (invocation, timeoutMs, signal) =>
        gone.signal.aborted || scheduler.chance.happens(POLL_GONE)
          ? Promise.resolve("gone")
          : functions.call(invocation, timeoutMs, signal, this.life).finally(() => gone.abort()),
    };
    await this.#pull.onPoll(poll).catch(() => undefined);
    this.#polls.delete(gone);
    this.#pollEnded();
  }

  async #endPolls(): Promise<void> {
    this.cutPolls();
    while (this.#polls.size > 0) await new Promise<void>((resolve) => (this.#pollEnded = resolve));
  }
}

/** A sabotage may hand the flow a copy of what the broker handed out. */
const originals = new WeakMap<Received, Received>();

export function copyOf(message: Received, changes: Partial<Received>): Received {
  const copy = { ...message, ...changes };
  originals.set(copy, message);
  return copy;
}

function originalOf(message: Received): Received {
  return originals.get(message) ?? message;
}
