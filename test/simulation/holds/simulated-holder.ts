import { Freezes } from "../../../src/async/freezes.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import type { MoveLimits } from "../../../src/edge/rabbitmq/holds/moved/held-queue.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { Life } from "../life.ts";
import { Network } from "../rabbitmq/network.ts";
import type { SimulatedRabbitMq } from "../rabbitmq/server.ts";
import type { Trace } from "../trace.ts";

export interface HolderWorld {
  readonly server: SimulatedRabbitMq;
  readonly trace: Trace;
  readonly moving?: Partial<MoveLimits>;
  /** Whether routers notice that they were frozen. */
  readonly noticesFreezes?: true;
  readonly queue: string;
  readonly defect: HolderDefect;
}

/** A defect put between a router's driver and its clients. */
export interface HolderDefect {
  readonly broker?: (broker: Broker) => Broker;
}

/** A router does not take longer than this to stop. */
const STOP_MS_MAX = 40_000;

/** One life of a router, as much of it as receives messages: the whole driver of RabbitMQ, and no HTTP. */
export class SimulatedHolder {
  readonly name: string;
  readonly life: Life;
  readonly network: Network;
  readonly #world: HolderWorld;
  #broker: Broker | undefined;
  #isStopping = false;
  #listening: { readonly address: string | undefined; readonly sinceMs: number } | undefined;

  constructor(name: string, world: HolderWorld) {
    this.name = name;
    this.#world = world;
    this.life = new Life(world.server.scheduler);
    this.network = new Network(world.server, this.life);
  }

  start(): void {
    const { trace, moving = {}, queue, defect, noticesFreezes } = this.#world;
    const start = async (): Promise<void> => {
      const events = { fault: (message: string) => trace.note(`${this.name} reports: ${message}`) };
      const freezes = new Freezes(() => performance.now());
      if (noticesFreezes) freezes.start();
      const options = { urls: ["amqp://simulated"], connect: this.network.connect, events, moving, freezes };
      const broker = await connectRabbitMq(options);
      await broker.declare([declarationOf(queue)]);
      this.#broker = defect.broker?.(broker) ?? broker;
      trace.note(`${this.name} is ready`);
    };
    this.life.run(() => void start().catch((error: unknown) => trace.note(`${this.name} fails: ${String(error)}`)));
  }

  /** Whether clients are answered. */
  get isUp(): boolean {
    return this.life.alive && !this.life.isFrozen && this.#broker !== undefined && !this.#isStopping;
  }

  /** Whether it hears the others. */
  get hears(): boolean {
    return this.isUp && this.#broker?.address !== undefined;
  }

  /** Since when it is known to hear the others, over one address. */
  listensSinceMs(nowMs: number): number {
    const address = this.#broker?.address;
    if (this.#listening?.address !== address) this.#listening = { address, sinceMs: nowMs };
    return this.#listening?.sinceMs ?? nowMs;
  }

  /** Does something as a client's request has it done. Never settles when the router dies before the answer. */
  ask<T>(request: (broker: Broker) => Promise<T>): Promise<T> {
    const broker = this.#broker;
    if (broker === undefined) throw new Error(`router ${this.name} has not started`);
    return this.life.run(() => request(broker));
  }

  /** Dies between two of its steps. */
  kill(): void {
    this.life.alive = false;
    this.network.cut(0, "all");
  }

  /** Stops in order, and ends. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const { scheduler } = this.#world.server;
    const closed = this.life.run(() => this.#broker?.close());
    await Promise.race([closed, scheduler.wait(STOP_MS_MAX, this.life)]);
    this.kill();
  }
}
