import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../test/contract/waiting.ts";
import { Router } from "../../../test/support/router/router.ts";
import { residentMiB } from "../../resident-memory.ts";
import type { Context, Facts } from "../scenario.ts";
import { MessageLedger } from "./message-ledger.ts";
import type { HeldMessage } from "./queue-clients.ts";
import { QueueClients } from "./queue-clients.ts";
import { ORDERS, ORDERS_DEAD, QueueTraffic } from "./queue-traffic.ts";

/** A queue whose messages are large and stay in somebody's hands. */
const LARGE = "large";
/** More than the 64 MiB that a router holds in memory: the oldest move. */
const LARGE_COUNT = 900;
const LARGE_BYTES = 90_000;
const LARGE_SECONDS = 40;
const SENDS_AT_ONCE = 3;
/** One after the other, the first would be visible again before the last is received, on a machine with much to do. */
const RECEIVES_AT_ONCE = 4;
/** A frozen router does not answer, and the next one is asked after 8 s. */
const DELETES_AT_ONCE = 90;
const HOLDING_MS_MAX = 180_000;
const END_MS_MAX = 400_000;
const START_MS_MAX = 180_000;
/** How long receives go on when nothing is left that may come. */
const AFTERWARDS_MS = 3_000;

const CONFIG = `
queues:
  ${ORDERS}: { redrivePolicy: { queue: ${ORDERS_DEAD}, maxReceiveCount: 6 } }
  ${ORDERS_DEAD}: {}
  ${LARGE}: {}
`;

/** Two routers on RabbitMQ whose queues are used over the SQS API all the time. */
export class QueueStage {
  readonly routers: readonly [Router, Router];
  readonly ledger = new MessageLedger();
  readonly clients: QueueClients;
  readonly traffic: QueueTraffic;
  /** How many of the large messages were in a router's hands when it went, or RabbitMQ did. */
  #inHand = 0;
  #isDraining = true;

  private constructor(routers: readonly [Router, Router], context: Context) {
    this.routers = routers;
    this.clients = new QueueClients(routers, this.ledger);
    this.traffic = new QueueTraffic(this.clients);
    context.after(() => {
      this.#isDraining = false;
      return this.traffic.stop();
    });
  }

  static async start(context: Context, broker: string): Promise<QueueStage> {
    const options = { config: CONFIG, env: { BUSBAR_BROKER: broker }, startMsMax: START_MS_MAX };
    const start = (): Promise<Router> => Router.start(options);
    const routers = await Promise.all([start(), start()]);
    context.after(() => Promise.all(routers.map((router) => router.remove())));
    const stage = new QueueStage(routers, context);
    await stage.traffic.flows();
    return stage;
  }

  /** Has a router hold so many large messages that the oldest move. */
  async holdLarge(router: Router, visibilitySeconds = LARGE_SECONDS): Promise<readonly HeldMessage[]> {
    const bodies = Array.from({ length: 10 }, () => "x".repeat(LARGE_BYTES));
    const wanted = new Set<string>();
    const sendSome = async (): Promise<void> => {
      while (wanted.size < LARGE_COUNT) for (const id of await this.clients.send(LARGE, bodies)) wanted.add(id);
    };
    await Promise.all(Array.from({ length: SENDS_AT_ONCE }, sendSome));
    const held = new Map<string, HeldMessage>();
    const areHeld = async (): Promise<boolean> => {
      const receive = () => this.clients.receive(LARGE, visibilitySeconds, router);
      const received = await Promise.all(Array.from({ length: RECEIVES_AT_ONCE }, receive));
      for (const message of received.flat()) if (wanted.has(message.id)) held.set(message.id, message);
      return held.size >= wanted.size;
    };
    await eventually("all large messages are in hand", areHeld, HOLDING_MS_MAX);
    this.#inHand += held.size;
    return [...held.values()];
  }

  /** Deletes every second one by the receipt that it was held with. */
  async deleteHalf(held: readonly HeldMessage[]): Promise<void> {
    const half = held.filter((_, at) => at % 2 === 0);
    for (let from = 0; from < half.length; from += DELETES_AT_ONCE)
      await Promise.all(half.slice(from, from + DELETES_AT_ONCE).map((message) => this.clients.delete(LARGE, message)));
  }

  /**
   * Receives messages at a router that another one holds, and deletes them there, until a quarter of them has come: some were
   * deleted, and some have moved. @returns how long it took until the first came, in seconds
   */
  async receiveAgain(held: readonly HeldMessage[], router: Router): Promise<number> {
    const wanted = new Set(held.map(({ id }) => id));
    const sinceMs = performance.now();
    let firstAtMs = Infinity;
    let came = 0;
    const hasCome = async (): Promise<boolean> => {
      const received = await this.clients.receive(LARGE, LARGE_SECONDS, router);
      const again = received.filter(({ id }) => wanted.has(id));
      if (again.length > 0) firstAtMs = Math.min(firstAtMs, performance.now());
      came += again.length;
      await Promise.all(received.map((message) => this.clients.delete(LARGE, message, router)));
      return came >= held.length / 4;
    };
    await eventually("what a router held comes at the other one", hasCome, HOLDING_MS_MAX);
    return (firstAtMs - sinceMs) / 1_000;
  }

  /** Receives once at a router, and deletes what came. */
  async poll(router: Router): Promise<void> {
    const received = await this.clients.receive(LARGE, LARGE_SECONDS, router);
    await Promise.all(received.map((message) => this.clients.delete(LARGE, message)));
  }

  /** Receives and deletes the large ones that are left until everything has ended, and can be received no more. */
  async account(notes: readonly string[] = []): Promise<Facts> {
    const healedAtMs = performance.now();
    await this.traffic.flows();
    const recoverySeconds = Math.round((performance.now() - healedAtMs) / 100) / 10;
    this.traffic.stopSending();
    const draining = Promise.all([this.#drain(), this.#drain()]);
    const deadlineMs = healedAtMs + END_MS_MAX;
    while (performance.now() < deadlineMs && !this.#hasEnded()) await sleep(100);
    this.#isDraining = false;
    await draining;
    await this.traffic.stop();
    for (const { pid, log } of this.routers)
      if (Number.isNaN(residentMiB(pid))) throw new Error(`a router has ended: ${JSON.stringify(log.slice(-5))}`);
    const memoryMiB = Math.max(...this.routers.map(({ pid }) => residentMiB(pid)));
    const held = `${this.#inHand} large messages were in hand`;
    return { ...this.ledger.account(), recoverySeconds, memoryMiB, notes: [held, ...notes, ...this.ledger.notes] };
  }

  #hasEnded(): boolean {
    return this.ledger.isComplete && performance.now() > this.ledger.invisibleUntilMs + AFTERWARDS_MS;
  }

  async #drain(): Promise<void> {
    while (this.#isDraining) {
      const received = await this.clients.receive(LARGE, LARGE_SECONDS);
      await Promise.all(received.map((message) => this.clients.delete(LARGE, message)));
    }
  }
}
