import type { Broker, BrokerState } from "../../src/ports/broker.ts";
import type { Consumer, MessageHandler } from "../../src/ports/consumer.ts";
import type { Depth } from "../../src/ports/inspector.ts";
import type { Message } from "../../src/domain/queue/message.ts";
import type { PublishFailureReason } from "../../src/ports/publisher.ts";
import type { QueueDeclaration } from "../../src/domain/queue/declaration.ts";
import type { Received } from "../../src/domain/queue/message.ts";
import type { Taken } from "../../src/ports/taker.ts";
import { PublishError } from "../../src/ports/publisher.ts";
import { UNDELIVERABLE_QUEUE } from "../../src/domain/queue/queues.ts";
import { OWN_QUEUES } from "../../src/edge/rabbitmq/topology/topology.ts";
import type { Outgoing } from "../../src/edge/rabbitmq/publishing/publisher.ts";
import { rescue } from "../../src/edge/rabbitmq/consuming/undeliverable.ts";
import type { Life, Scheduler } from "./scheduler.ts";
import type { ConsumerOptions } from "./simulated-consumer.ts";
import { SimulatedConsumer } from "./simulated-consumer.ts";
import type { HandOut, SimulatedRabbitMq, Subscription, SubscriptionParts, Witness } from "./simulated-rabbitmq.ts";
import { takeOne } from "./simulated-take.ts";

const CONFIRM_TIMEOUT_MS = 5_000;
const RESCUES_AT_ONCE = 10;

/** How likely it is that the network or the broker spoils one publish. */
export interface PublishFaults {
  /** Stored, and the publisher never learns of it. */
  confirmLost: number;
  /** Stored after the publisher gave up. */
  storedLate: number;
  /** Nacked. */
  refused: number;
}

export interface SimulatedBrokerOptions {
  readonly server: SimulatedRabbitMq;
  readonly scheduler: Scheduler;
  readonly witness: Witness;
  readonly faults: PublishFaults;
  /** The router's. */
  readonly life: Life;
}

/** What stands between a subscription and the broker. */
export interface Link {
  readonly server: SimulatedRabbitMq;
  readonly scheduler: Scheduler;
  readonly life: Life;
  readonly connected: boolean;
  /** Changes with each connection: what was sent on an older one never arrives. */
  readonly epoch: number;
  latencyMs(): number;
  /** Resolves when there is a connection. */
  connection(): Promise<void>;
  declareAgain(queue: string): Promise<void>;
  received(handOut: HandOut): Received;
  /** Undefined when there is no such queue. */
  subscribe(parts: SubscriptionParts): Subscription | undefined;
  /** Nothing more is handed out; what is unacked stays until it is settled, or the connection is lost. */
  cancel(subscription: Subscription): void;
}

/** One router's connection to the simulated RabbitMQ: the broker port, and everything that can happen on the way. */
export class SimulatedBroker implements Broker, Link {
  readonly server: SimulatedRabbitMq;
  readonly scheduler: Scheduler;
  readonly life: Life;
  readonly #options: SimulatedBrokerOptions;
  readonly #known = new Map<string, QueueDeclaration>(OWN_QUEUES.map((queue) => [queue.name, queue]));
  readonly #consumers = new Set<SimulatedConsumer>();
  /** What waits for an answer that a lost connection never brings. */
  readonly #lost = new Set<() => void>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #handOuts = new WeakMap<Received, HandOut>();
  #waiting: (() => void)[] = [];
  connected = true;
  epoch = 0;

  constructor(options: SimulatedBrokerOptions) {
    this.#options = options;
    this.server = options.server;
    this.scheduler = options.scheduler;
    this.life = options.life;
  }

  async start(): Promise<void> {
    await this.#consume(UNDELIVERABLE_QUEUE, RESCUES_AT_ONCE, (message, _lost, route) =>
      rescue(message, route, {
        declareAgain: (queue) => this.declareAgain(queue),
        publish: (messages) => this.publish(messages.map(asMessage)),
        onDeadLetter: () => undefined,
      }),
    );
  }

  get state(): BrokerState {
    if (!this.connected) return "disconnected";
    return this.server.blocked ? "blocked" : "connected";
  }

  /** Loses the connection, for that long. */
  cut(outageMs: number): void {
    if (!this.connected) return;
    this.disconnect();
    for (const lost of [...this.#lost]) lost();
    for (const consumer of this.#consumers) consumer.lost();
    if (outageMs < Infinity) this.scheduler.after(outageMs, this.life, () => this.#reconnect());
  }

  /** The broker's side of a lost connection: all that a router that has died can cause. */
  disconnect(): void {
    this.connected = false;
    this.epoch += 1;
    for (const subscription of this.#subscriptions) this.server.drop(subscription);
    this.#subscriptions.clear();
  }

  async declare(queues: readonly QueueDeclaration[]): Promise<void> {
    for (const queue of queues) this.#known.set(queue.name, queue);
    const { epoch } = this;
    await this.scheduler.wait(this.latencyMs(), this.life);
    if (this.connected && epoch === this.epoch) for (const queue of queues) this.server.declare(queue);
  }

  async publish(messages: readonly Message[], { delayMs = 0 }: { readonly delayMs?: number } = {}): Promise<void> {
    const reasons = await Promise.all(messages.map((message) => this.#send(message, delayMs)));
    const failures = reasons.flatMap((reason, index) => (reason === undefined ? [] : [{ index, reason }]));
    if (failures.length > 0) throw new PublishError(failures);
  }

  async consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    if (!this.#known.has(queue) && (await this.depth(queue)) === undefined) throw new Error(`no queue "${queue}"`);
    return this.#consume(queue, limit, handler);
  }

  take(queue: string, signal: AbortSignal): Promise<Taken | undefined> {
    return takeOne(this, queue, signal, {
      publish: (message) => this.publish([message]),
      onLost: (listener) => this.#onLost(listener),
    });
  }

  async depth(queue: string): Promise<Depth | undefined> {
    const { epoch } = this;
    await this.scheduler.wait(this.latencyMs(), this.life);
    if (!this.connected || epoch !== this.epoch) throw new Error("the connection was lost");
    return this.server.depth(queue);
  }

  peek(): Promise<readonly Received[]> {
    return Promise.resolve([]);
  }

  purge(): Promise<number> {
    return Promise.resolve(0);
  }

  browse(): Promise<never> {
    return Promise.reject(new Error("looking through queues is not simulated"));
  }

  append(): Promise<never> {
    return Promise.reject(new Error("the control log is not simulated"));
  }

  follow(): Promise<void> {
    return Promise.resolve();
  }

  broadcast(): Promise<void> {
    return Promise.resolve();
  }

  readonly address = undefined;

  send(): Promise<void> {
    return Promise.resolve();
  }

  onBroadcast(): void {
    // An answer that arrives at another router is the Runtime API's business, which is not simulated.
  }

  /** What is unacked by now goes back and counts as crashed. */
  close(): Promise<void> {
    this.cut(Infinity);
    return Promise.resolve();
  }

  latencyMs(): number {
    return this.scheduler.chance.between(1, 20);
  }

  async connection(): Promise<void> {
    while (!this.connected) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async declareAgain(queue: string): Promise<void> {
    const declaration = this.#known.get(queue);
    if (declaration !== undefined) await this.declare([declaration]);
  }

  received(handOut: HandOut): Received {
    const { message, crashes } = handOut.stored;
    const received = { ...message, queue: handOut.subscription.queue, crashes };
    this.#handOuts.set(received, handOut);
    return received;
  }

  subscribe(parts: SubscriptionParts): Subscription | undefined {
    const subscription = this.server.subscribe(parts);
    if (subscription !== undefined) this.#subscriptions.add(subscription);
    return subscription;
  }

  cancel(subscription: Subscription): void {
    this.server.cancel(subscription);
  }

  /** The handing-out that a received message belongs to. */
  handOutOf(message: Received): HandOut | undefined {
    return this.#handOuts.get(message);
  }

  async #consume(queue: string, limit: number, handler: ConsumerOptions["handler"]): Promise<Consumer> {
    const alone = this.#known.get(queue)?.singleActiveConsumer ?? false;
    const consumer = new SimulatedConsumer(this, { queue, limit, alone, handler }, () =>
      this.#consumers.delete(consumer),
    );
    this.#consumers.add(consumer);
    await consumer.start();
    return consumer;
  }

  #onLost(listener: () => void): () => void {
    this.#lost.add(listener);
    return () => this.#lost.delete(listener);
  }

  #reconnect(): void {
    this.connected = true;
    for (const queue of this.#known.values()) this.server.declare(queue);
    for (const resolve of this.#waiting.splice(0)) resolve();
    for (const consumer of this.#consumers) consumer.connected();
  }

  /** Resolves with why the message was not confirmed; undefined when it was. */
  #send(message: Message, delayMs: number): Promise<PublishFailureReason | undefined> {
    if (this.state !== "connected") return Promise.resolve(this.state === "blocked" ? "blocked" : "disconnected");
    const { promise, resolve } = Promise.withResolvers<PublishFailureReason | undefined>();
    const { witness } = this.#options;
    const told: { reason?: PublishFailureReason | undefined; over: boolean; stored: boolean } = {
      over: false,
      stored: false,
    };
    const settle = (reason?: PublishFailureReason): void => {
      if (told.over) return;
      Object.assign(told, { over: true, reason });
      forget();
      cancelTimeout();
      if (reason !== undefined && told.stored) witness.doubted(message.id);
      resolve(reason);
    };
    const forget = this.#onLost(() => settle("disconnected"));
    const cancelTimeout = this.scheduler.after(CONFIRM_TIMEOUT_MS, this.life, () =>
      settle(this.server.blocked ? "blocked" : "timeout"),
    );
    this.#transmit(message, delayMs, {
      stored: () => {
        told.stored = true;
        if (told.over) witness.doubted(message.id);
      },
      answer: settle,
    });
    return promise;
  }

  #transmit(
    message: Message,
    delayMs: number,
    told: { stored: () => void; answer: (reason?: PublishFailureReason) => void },
  ): void {
    const { server, scheduler } = this;
    const { chance } = scheduler;
    const { faults } = this.#options;
    const { epoch } = this;
    const answer = (reason?: PublishFailureReason): void => {
      if (chance.happens(faults.confirmLost)) return;
      scheduler.after(this.latencyMs(), this.life, () => {
        if (epoch === this.epoch) told.answer(reason);
      });
    };
    const arrive = (): void => {
      const stallMs = server.stalledUntilMs - scheduler.nowMs;
      if (stallMs > 0) return void scheduler.after(stallMs, undefined, arrive);
      server.onTheWire -= 1;
      // What was written before the connection broke may have got through.
      if (epoch !== this.epoch && chance.happens(0.5)) return;
      if (chance.happens(faults.refused)) return answer("refused");
      if (delayMs === 0 && server.full.has(message.queue)) return answer("full");
      if (delayMs > 0) server.delay(message, delayMs);
      else if (!server.store(message)) return answer("unroutable");
      told.stored();
      answer();
    };
    server.onTheWire += 1;
    const lateMs = chance.happens(faults.storedLate) ? CONFIRM_TIMEOUT_MS : 0;
    scheduler.after(this.latencyMs() + lateMs, undefined, arrive);
  }
}

/** What the real broker's parts have for a message. */
function asMessage({ routingKey, body, options }: Outgoing): Message {
  const headers = options.headers as Message["headers"];
  return { queue: routingKey, id: options.messageId ?? "", body, headers };
}
