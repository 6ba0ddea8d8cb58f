import type { ChannelModel, connect as connectByAmqplib, RecoveryOptions } from "amqplib";
import type { Life } from "../life.ts";
import { AmqplibModel, connectWithRecoveryPromise } from "./amqplib.ts";
import { Link } from "./link.ts";
import type { Subscription } from "./queue.ts";
import type { SimulatedRabbitMq } from "./server.ts";

/** One router's way to the broker. */
export class Network {
  /** As amqplib's: its own recovery, over simulated connections. */
  readonly connect: typeof connectByAmqplib;
  readonly #server: SimulatedRabbitMq;
  readonly #life: Life;
  readonly #links = new Set<Link>();
  #downUntilMs = 0;
  /** When it was last cut, or a channel of it was. */
  lastCutAtMs: number | undefined;

  constructor(server: SimulatedRabbitMq, life: Life) {
    this.#server = server;
    this.#life = life;
    const connect = (_url: unknown, { recovery }: { readonly recovery?: RecoveryOptions | true } = {}) =>
      recovery === undefined ? this.#open() : connectWithRecoveryPromise(() => this.#open(), recovery);
    this.connect = connect as typeof connectByAmqplib;
  }

  /** Breaks all connections, or one of them, and lets no other be made for that long. */
  cut(outageMs: number, which: "all" | "one"): void {
    const links = [...this.#links];
    const { chance, nowMs } = this.#server.scheduler;
    if (links.length === 0) return;
    this.lastCutAtMs = nowMs;
    this.#downUntilMs = Math.max(this.#downUntilMs, nowMs + outageMs);
    for (const link of which === "all" ? links : [chance.pick(links)]) link.lose();
  }

  /** Until when no connection could be made, the last time. */
  get downUntilMs(): number {
    return this.#downUntilMs;
  }

  /** Whether a subscription of RabbitMQ's is this router's. */
  carries(subscription: Subscription): boolean {
    return [...this.#links].some((link) => link.carries(subscription));
  }

  /** RabbitMQ closes a channel of each connection that holds something. */
  cutHoldingChannels(): void {
    for (const link of [...this.#links]) link.loseHoldingChannel();
  }

  /** RabbitMQ closes a channel of each connection that consumes. */
  cutChannels(): void {
    this.lastCutAtMs = this.#server.scheduler.nowMs;
    for (const link of [...this.#links]) link.loseChannel();
  }

  async #open(): Promise<ChannelModel> {
    const { scheduler } = this.#server;
    await scheduler.wait(scheduler.chance.between(3, 60), this.#life);
    if (scheduler.nowMs < this.#downUntilMs)
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const link = new Link(this.#server, this.#life, () => this.#links.delete(link));
    this.#links.add(link);
    return new AmqplibModel(link);
  }
}
