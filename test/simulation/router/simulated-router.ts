import type { Config } from "../../../src/domain/config.ts";
import { declarationsOf } from "../../../src/domain/queue/configured-queues.ts";
import { PACK_ROUTERS_QUEUE } from "../../../src/domain/queue/queues.ts";
import type { FunctionConfig } from "../../../src/domain/target/function.ts";
import type { DestinationRef } from "../../../src/domain/target/target.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { deriveId } from "../../../src/app/process.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import type { Pull } from "../../../src/flow/consume/pull.ts";
import { createPull } from "../../../src/flow/consume/pull.ts";
import { createDeliver } from "../../../src/flow/deliver/deliver.ts";
import { createBatchDeliveries } from "../../../src/flow/deliver/deliver-batch.ts";
import { createInHandDeliveries } from "../../../src/flow/deliver/deliver-in-hand.ts";
import { BlockedKeys } from "../../../src/flow/order/blocked-keys.ts";
import { Owners } from "../../../src/flow/order/owners.ts";
import { DestinationConsumers } from "../../../src/flow/deliver/destination-consumers.ts";
import { WaitingPolls } from "../../../src/flow/functions/waiting-polls.ts";
import { Callees } from "../../../src/flow/functions/callees.ts";
import { PackQueues } from "../../../src/flow/pack/pack-queues.ts";
import { PackRouters } from "../../../src/flow/pack/pack-routers.ts";
import { PackingBroker } from "../../../src/flow/pack/packing-broker.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { Pauses } from "../../../src/flow/pause/pauses.ts";
import { Admission } from "../../../src/flow/put/admission.ts";
import { FairShare } from "../../../src/flow/put/fair-share.ts";
import { createPut } from "../../../src/flow/put/put.ts";
import { createDeadLetters } from "../../../src/flow/redrive/redrive.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { DeadLetters } from "../../../src/ports/admin/dead-letters.ts";
import type { Capacity, Invoker } from "../../../src/ports/functions/functions.ts";
import type { PutEntries } from "../../../src/ports/put.ts";
import { IDENTITY } from "../../support/sample.ts";
import { Life } from "../life.ts";
import type { CallRules } from "../oracle/call-rules.ts";
import type { AnswerRules } from "../oracle/answer-rules.ts";
import type { Ledger } from "../oracle/ledger.ts";
import type { Redrive, RedriveOrder } from "../oracle/redrive.ts";
import type { PauseRules } from "../oracle/pause-rules.ts";
import type { RedriveRules } from "../oracle/redrive-rules.ts";
import { Network } from "../rabbitmq/network.ts";
import type { SimulatedRabbitMq } from "../rabbitmq/server.ts";
import type { Sabotage } from "../sabotage.ts";
import type { Variant } from "../scenario.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Trace } from "../trace.ts";
import { authors, brokerForRedrives, publisherForDeliveries, watchRedrives } from "./authors.ts";
import { Environments } from "./environments.ts";
import type { AnswersUnderWay } from "./holding.ts";
import { Holding } from "./holding.ts";
import { observedDeliver } from "./observed-deliver.ts";
import type { SimulatedFunctions } from "./simulated-functions.ts";
import { TracingObserver } from "./tracing-observer.ts";

const ENTRIES_IN_FLIGHT_MAX = 20;
const API_TIMEOUT_MS = 5_000;
const DRAIN_MS = 10_000;
const GIVE_BACK_MS = 3_000;
const STEP_MS = 5_000;
/** How long a start waits until the control log has been read, as in `app/pauses.ts`. */
const KNOWN_MS_MAX = 30_000;

/** What all routers of a simulation share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly server: SimulatedRabbitMq;
  readonly functions: SimulatedFunctions;
  readonly ledger: Ledger;
  readonly rules: CallRules;
  readonly redrives: RedriveRules;
  readonly pauses: PauseRules;
  readonly answers: AnswerRules;
  readonly answersUnderWay: AnswersUnderWay;
  /** One that a load balancer picks. */
  readonly anyRouter: () => SimulatedRouter;
  readonly bytesInFlightMax: number;
  readonly trace: Trace;
  readonly sabotage: Sabotage;
  readonly newId: () => string;
}

/** What a router has once it is connected. */
interface Parts {
  readonly port: Broker;
  readonly controlLog: SharedLog;
  readonly pauses: Pauses;
  readonly callees: Callees;
  readonly consumers: DestinationConsumers;
  readonly pull: Pull;
  readonly putEntries: PutEntries;
  readonly environments: Environments;
  readonly deadLetters: DeadLetters;
}

/** One life of a router: the parts that `app/` puts together, on a simulated RabbitMQ, clock and network. */
export class SimulatedRouter {
  readonly name: string;
  readonly life: Life;
  readonly network: Network;
  readonly inFlight: InFlightBytes;
  readonly hold: Holding;
  variant: Variant;
  /** Whether it gave up waiting for the control log when it started. */
  startedUnknowing = false;
  /** The configurations that it has had, this one included. */
  readonly #variants: Variant[];
  readonly #world: World;
  readonly #abandon = new AbortController();
  readonly #leave = new AbortController();
  readonly #capacityListeners = new Set<() => void>();
  #parts: Parts | undefined;
  #routers: PackRouters | undefined;
  #containers = 1;
  #isStopping = false;

  constructor(name: string, variant: Variant, world: World) {
    this.name = name;
    this.variant = variant;
    this.#variants = [variant];
    this.#world = world;
    this.life = new Life(world.scheduler);
    this.hold = new Holding(this.life);
    this.network = new Network(world.server, this.life);
    this.inFlight = new InFlightBytes(world.bytesInFlightMax);
    world.sabotage.inFlight?.(this.inFlight);
  }

  /** Whether it takes requests. */
  get isReady(): boolean {
    return this.life.alive && this.#parts !== undefined && !this.#isStopping;
  }

  get isConnected(): boolean {
    return this.#parts?.port.state === "connected";
  }

  start(): Promise<void> {
    return this.life.run(() => this.#start());
  }

  async putEntries(entries: Parameters<PutEntries>[0]): Promise<Awaited<ReturnType<PutEntries>>> {
    const { putEntries } = this.#running();
    return await this.life.run(() => putEntries(entries));
  }

  /** As a change of the configuration's files is taken over: queues first. */
  reload(variant: Variant): Promise<void> {
    this.#variants.push(variant);
    if (this.#parts === undefined) {
      this.variant = variant;
      return Promise.resolve();
    }
    const { port, callees, consumers, pull, environments } = this.#parts;
    return this.life.run(async () => {
      await port.declare(declarationsOf(variant.config));
      this.variant = variant;
      void callees.follow(this.#consumed());
      void consumers.follow(this.#consumed());
      pull.reconcile();
      environments.reloaded();
    });
  }

  /** Dies between two awaits: none of its own steps is made any more. */
  crash(): void {
    this.life.alive = false;
    this.network.cut(0, "all");
  }

  /** Drains and stops, within the bounds that a process has. */
  stop(): Promise<void> {
    const { port, callees, consumers, environments, deadLetters } = this.#running();
    return this.life.run(async () => {
      const { scheduler, rules, redrives } = this.#world;
      this.#isStopping = true;
      rules.stopping(this.life);
      redrives.stopping(this.life);
      void deadLetters.stop();
      scheduler.after(DRAIN_MS, this.life, () => this.#abandon.abort());
      scheduler.after(DRAIN_MS + GIVE_BACK_MS, this.life, () => this.#leave.abort());
      const bound = scheduler.wait(DRAIN_MS + GIVE_BACK_MS + STEP_MS, this.life);
      await Promise.race([Promise.all([consumers.stop(), callees.stop(), environments.stop()]), bound]);
      await Promise.race([deadLetters.stop(), scheduler.wait(DRAIN_MS + GIVE_BACK_MS + STEP_MS, this.life)]);
      await Promise.race([this.#routers?.stop(), scheduler.wait(STEP_MS, this.life)]);
      await Promise.race([port.close(), scheduler.wait(STEP_MS, this.life)]);
      this.crash();
    });
  }

  /** One container more or less. Who is dead does not see it. */
  scale(containers: number): void {
    if (!this.life.alive) return;
    this.#containers = containers;
    this.life.run(() => [...this.#capacityListeners].forEach((listener) => listener()));
  }

  /** As an operator does. Rejects when the broker does not take it now. */
  async pause(destination: DestinationRef, paused: boolean): Promise<void> {
    const { pauses } = this.#running();
    await this.life.run(() => (paused ? pauses.pause(destination, {}) : pauses.resume(destination)));
  }

  /**
   * As an operator does, who may go away meanwhile.
   *
   * @param leavesAfterMs undefined when the caller waits for the end.
   */
  redrive(order: RedriveOrder, leavesAfterMs: number | undefined): Redrive {
    const { deadLetters } = this.#running();
    const { redrives, scheduler, server, trace } = this.#world;
    const { queue, filter, ...what } = order;
    const redrive = redrives.begin({
      order,
      life: this.life,
      variants: () => this.#variants,
      isReady: (stored) => server.queue(queue)?.ready.includes(stored) === true,
      waiting: [...(server.queue(queue)?.ready ?? [])],
    });
    const left = new AbortController();
    const leave = (): void => {
      if (redrive.result !== undefined) return;
      trace.note(`the caller of a redrive of ${queue} goes away`);
      redrives.left(redrive);
      left.abort(new Error("the caller has gone"));
    };
    if (leavesAfterMs !== undefined) scheduler.after(leavesAfterMs, this.life, leave);
    trace.note(`${this.name} redrives ${JSON.stringify(order)}`);
    const run = (): Promise<void> =>
      deadLetters.redrive(queue, filter, what, { signal: left.signal, reached: () => undefined }).then((result) => {
        trace.note(`${this.name} has redriven ${JSON.stringify(result)}`);
        redrives.ended(redrive, result);
      });
    void this.life.run(() => authors.run(redrive, run));
    return redrive;
  }

  isPaused(label: string): boolean {
    return this.#parts?.pauses.isPaused(label) ?? false;
  }

  /** The connections of all environments that wait are cut. */
  cutPolls(): void {
    this.life.run(() => this.#parts?.environments.cut());
  }

  async #start(): Promise<void> {
    const { server, sabotage, trace } = this.#world;
    const broker = await connectRabbitMq({
      urls: ["amqp://simulated"],
      connect: this.network.connect,
      events: { fault: (message) => trace.note(`${this.name} reports: ${message}`) },
    });
    watchRedrives(broker, this.#world);
    const packing = await this.#packing(broker);
    const port = sabotage.broker?.(packing, server) ?? packing;
    const parts = this.#assemble(port);
    const known = parts.controlLog.start().then(() => true);
    const late = this.#world.scheduler.wait(KNOWN_MS_MAX, this.life).then(() => false);
    this.startedUnknowing = !(await Promise.race([known, late]));
    await port.declare(declarationsOf(this.variant.config));
    await parts.callees.follow(this.#consumed());
    await parts.consumers.start(this.#consumed());
    parts.environments.start();
    this.#parts = parts;
  }

  /** Packs travel once all routers count as knowing them. */
  async #packing(broker: Broker): Promise<Broker> {
    const { scheduler, newId } = this.#world;
    const sleep = (ms: number, signal: AbortSignal) => scheduler.sleep(ms, signal, this.life);
    const queues = new PackQueues(() => this.variant.config);
    this.#routers = new PackRouters({ broker, queue: PACK_ROUTERS_QUEUE, onChange: () => undefined, sleep });
    await this.#routers.start();
    const mayPack = (queue: string): boolean => this.#routers?.areAll === true && queues.kindOf(queue) === "deliveries";
    return new PackingBroker(broker, {
      mayPack,
      newId,
      inFlight: this.inFlight,
      onPacked: () => undefined,
      steadyMs: () => scheduler.nowMs,
      sleep,
      leave: this.#leave.signal,
      onStoreDelayed: () => undefined,
    });
  }

  #assemble(broker: Broker): Parts {
    const { scheduler, sabotage, trace, newId } = this.#world;
    const config = (): Config => this.variant.config;
    const sleep = (ms: number, signal: AbortSignal) => scheduler.sleep(ms, signal, this.life);
    const nowMs = sabotage.nowMs?.(() => this.life.nowMs) ?? ((): number => this.life.nowMs);
    const observer = new TracingObserver(this.name, trace);
    const pause = (): Promise<void> => Promise.resolve();
    const clocked = { broker, config, identity: IDENTITY, observer, newId, nowMs, pause };
    const random = (): number => scheduler.chance.next();
    const signals = { abandon: this.#abandon.signal, leave: this.#leave.signal };
    const polled = new WeakSet<object>();
    const publisher = publisherForDeliveries(broker, this.#world);
    const delivering = { ...clocked, broker: publisher, random, sleep, ...signals };
    const deliver = observedDeliver(createDeliver(delivering), {
      ...this.#world,
      router: this,
      polled,
      abandon: signals.abandon,
    });
    const follow = (listener: (body: Buffer) => void): Promise<void> =>
      broker.follow((body) => {
        this.#world.pauses.read(this.life, body);
        listener(body);
      });
    const log = { append: (body: Buffer) => broker.append(body), follow };
    const controlLog = new SharedLog(log, () => undefined);
    const pauses = new Pauses({ log: controlLog, newId, nowMs });
    const onError = (where: string, error: unknown): void =>
      trace.note(`${this.name} failed at ${where}: ${String(error)}`);
    const callees = new Callees({
      paused: pauses,
      functionInvoker: (fn) => this.#functionInvoker(fn),
      apiDestinationInvoker: ({ concurrency }) => this.#invoker(concurrency, API_TIMEOUT_MS),
      onCircuit: (facts) => observer.circuit(facts),
      random,
      sleep,
      onError,
    });
    const consuming = { config, inFlight: this.inFlight, paused: pauses };
    const owners = new Owners({ log: controlLog, newId });
    const inHand = createInHandDeliveries(deliver, delivering);
    const unobserved = { keepsOrder: () => true, onBlocked: () => undefined, onGoesOn: () => undefined };
    const blockedKeys = new BlockedKeys({ log: controlLog, nowMs, ...unobserved });
    const batches = createBatchDeliveries(delivering);
    // Nothing freezes here: a router dies, or loses its connections.
    const noticeFreeze = () => undefined;
    const means = { broker, deliver, inHand, batches, owners, blockedKeys, callees, noticeFreeze };
    const consumers = new DestinationConsumers({ ...consuming, ...means, nowMs, sleep, pause, onError });
    const take: Broker["take"] = async (queue, signal) => {
      const taken = await broker.take(queue, signal);
      if (taken !== undefined) polled.add(taken.message.headers);
      return taken;
    };
    const pull = createPull({ ...consuming, broker: { take }, handle: deliver, polls: new WaitingPolls() });
    const putEntries = createPut({
      ...clocked,
      inFlight: this.inFlight,
      admission: new Admission({ max: ENTRIES_IN_FLIGHT_MAX, exceeded: () => undefined }, () => scheduler.nowMs),
      share: new FairShare(() => Promise.resolve()),
    });
    this.hold.start(broker, newId, this.#world.answersUnderWay);
    const environments = new Environments(this, pull, this.#world);
    const deadLetters = createDeadLetters({
      ...clocked,
      broker: brokerForRedrives(broker, this.#world),
      sleep,
      deriveId,
      steadyMs: () => scheduler.elapsedMs,
    });
    return { deadLetters, port: broker, controlLog, pauses, callees, consumers, pull, putEntries, environments };
  }

  #running(): Parts {
    if (this.#parts === undefined) throw new Error(`router ${this.name} has not started`);
    return this.#parts;
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
}
