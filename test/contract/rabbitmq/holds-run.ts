import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { HEADER } from "../../../src/domain/delivery/headers.ts";
import { declarationOf, HELD_QUEUE } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { HeldMessage } from "../../../src/ports/broker/holds.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import { HoldsOracle } from "../../support/holds-oracle.ts";
import { eventually, publishedInTheEnd } from "../waiting.ts";

const HOUR_MS = 3_600_000;
/** What a message is invisible for that moves at once, and stays so through every fault. */
const SURELY_MOVED_MS = 60_000;
/** A router asks the others for so long what was deleted before it began to listen. */
const ASKING_MS_MAX = 1_000;

/** What clients and faults do. `pick` says which of the receipts so far, the latest first. */
export type Step =
  | { readonly do: "send"; readonly count: number }
  | { readonly do: "receive"; readonly router: number; readonly limit: number; readonly invisibleMs: number }
  | { readonly do: "delete"; readonly router: number; readonly pick: number }
  | { readonly do: "hide"; readonly router: number; readonly pick: number; readonly invisibleMs: number }
  | { readonly do: "cut" | "stop" | "crash"; readonly router: number }
  | { readonly do: "wait"; readonly ms: number };

interface Router {
  readonly broker: Broker;
  readonly proxy: TcpProxy;
  readonly heard: Set<string>;
}

/** One run of the property: two routers on one queue of its own. */
export class HoldsRun {
  readonly #url: string;
  readonly #queue: string;
  readonly #oracle: HoldsOracle;
  readonly #receipts: { readonly id: string; readonly receipt: string }[] = [];
  /** Those that a router has moved as it stopped, and nobody received since. */
  readonly #moved = new Set<string>();
  readonly #ended: Promise<unknown>[] = [];
  readonly #log: string[] = [];
  #routers: Router[] = [];

  private constructor(url: string, queue: string) {
    this.#url = url;
    this.#queue = queue;
    this.#oracle = new HoldsOracle({
      nowMs: () => performance.now(),
      violate: (what) => assert.fail(`${what}\n${this.#log.join("\n")}`),
    });
  }

  static async through(steps: readonly Step[], url: string, queue: string): Promise<void> {
    const run = new HoldsRun(url, queue);
    try {
      run.#routers = [await run.#start(), await run.#start()];
      for (const each of steps) await run.#do(each);
      await run.#drain();
    } finally {
      await Promise.all([...run.#routers.map(closed), ...run.#ended]);
    }
  }

  async #start(): Promise<Router> {
    const proxy = await startTcpProxy(Number(new URL(this.#url).port));
    const moving = { moveAfterMs: 20 };
    const broker = await connectRabbitMq({ urls: [through(proxy, this.#url)], events: {}, moving });
    const heard = new Set<string>();
    broker.onBroadcast((body) => heard.add(body.toString()));
    await broker.declare([declarationOf(this.#queue)]);
    const router = { broker, proxy, heard };
    await this.#asksForDeletes(router);
    return router;
  }

  async #do(step: Step): Promise<void> {
    this.#log.push(`${performance.now().toFixed(0)} ${JSON.stringify(step)}`);
    switch (step.do) {
      case "send":
        for (let n = 0; n < step.count; n++) await this.#send();
        return;
      case "receive":
        await this.#receive(step.router, step.limit, step.invisibleMs);
        return;
      case "delete":
        return await this.#delete(step.router, this.#receipts.at(-1 - step.pick));
      case "hide":
        return await this.#hide(step.router, this.#receipts.at(-1 - step.pick), step.invisibleMs);
      case "cut":
        this.#loses();
        this.#router(step.router).proxy.cut();
        return await this.#asksForDeletes(this.#router(step.router));
      case "stop":
        return await this.#stop(step.router);
      case "crash":
        return await this.#crash(step.router);
      case "wait":
        return await new Promise((resolve) => setTimeout(resolve, step.ms));
    }
  }

  #router(index: number): Router {
    return this.#routers[index]!;
  }

  async #send(): Promise<void> {
    const id = randomUUID();
    this.#oracle.sent(id);
    const headers = { [HEADER.sentAt]: Date.now() };
    await publishedInTheEnd(this.#router(0).broker, { queue: this.#queue, id, body: Buffer.from(id), headers });
  }

  async #receive(index: number, limit: number, invisibleMs: number): Promise<readonly HeldMessage[]> {
    const receive = this.#oracle.receiveBegins(String(index), invisibleMs);
    const options = { limit, bytesMax: 1_048_576, invisibleMs };
    const { holds } = this.#router(index).broker;
    const held = (await holds.getMany(this.#queue, options).catch(() => undefined)) ?? [];
    for (const { message, receipt, receives } of held) {
      this.#log.push(`${performance.now().toFixed(0)} received ${message.id}, ${receives} times`);
      this.#moved.delete(message.id);
      this.#receipts.push({ id: message.id, receipt });
      this.#oracle.received(receive, message.id, receives);
    }
    return held;
  }

  async #delete(index: number, known: { readonly id: string; readonly receipt: string } | undefined): Promise<void> {
    if (known === undefined) return;
    const { broker } = this.#router(index);
    const change = this.#oracle.changeBegins(known.id, undefined);
    const [outcome] = await broker.holds.delete(this.#queue, [known.receipt]).catch(() => []);
    this.#log.push(`${performance.now().toFixed(0)} deleted ${known.id}: ${outcome}`);
    // Other routers hear of a delete some moments after its answer.
    const mark = randomUUID();
    const isHeard = async (): Promise<boolean> => {
      await broker.broadcast(Buffer.from(mark)).catch(() => undefined);
      return this.#routers.every(({ heard }) => heard.has(mark));
    };
    await eventually("all have heard of the delete", isHeard);
    this.#oracle.changed(change, outcome);
  }

  async #hide(
    index: number,
    known: { readonly id: string; readonly receipt: string } | undefined,
    invisibleMs: number,
  ): Promise<void> {
    if (known === undefined) return;
    const { id, receipt } = known;
    const change = this.#oracle.changeBegins(id, invisibleMs);
    // A copy may be on its way again.
    this.#moved.delete(id);
    const { holds } = this.#router(index).broker;
    const [outcome] = await holds.hide(this.#queue, [{ receipt, invisibleMs }]).catch(() => []);
    this.#log.push(`${performance.now().toFixed(0)} hid ${id}: ${outcome}`);
    this.#oracle.changed(change, outcome);
  }

  /** What a router holds and has not surely moved may be visible, and there may be two of it. */
  #loses(): void {
    const soonMs = performance.now() + SURELY_MOVED_MS;
    for (const { id, invisibleUntilMs } of this.#oracle.stories.values()) {
      if (this.#moved.has(id) && invisibleUntilMs > soonMs) continue;
      this.#oracle.lost(id);
      this.#oracle.copied(id);
    }
  }

  /** A router that stops moves all that it holds. What the others are just moving has nothing to do with it. */
  async #stop(index: number): Promise<void> {
    await this.#router(index).broker.close();
    await this.#router(index).proxy.close();
    for (const { id, router } of this.#oracle.stories.values()) if (router === String(index)) this.#moved.add(id);
    this.#routers[index] = await this.#start();
  }

  async #crash(index: number): Promise<void> {
    this.#loses();
    await this.#router(index).proxy.close();
    this.#ended.push(this.#router(index).broker.close());
    this.#routers[index] = await this.#start();
  }

  /** It is to know all deletes before its first receive of the run. When others are slow to answer, it may not. */
  async #asksForDeletes({ broker, proxy }: Router): Promise<void> {
    let tookMs = Infinity;
    await eventually("a first receive", async () => {
      const beganAtMs = performance.now();
      const options = { limit: 1, bytesMax: 1, invisibleMs: 0 };
      const held = await broker.holds.getMany(`${this.#queue}-empty`, options).catch(() => "failed");
      tookMs = performance.now() - beganAtMs;
      return held !== "failed" && proxy.open > 0;
    });
    if (tookMs >= ASKING_MS_MAX) this.#oracle.deletesAreForgotten();
  }

  /** All that was not deleted is received, and deleted. */
  async #drain(): Promise<void> {
    const left = new Set(this.#oracle.undeleted.map(({ id }) => id));
    const latest = new Map(this.#receipts.map((known) => [known.id, known]));
    await eventually("all that was not deleted is received", async () => {
      for (const id of left) await this.#hide(0, latest.get(id), 0);
      for (const index of [0, 1]) {
        for (const { message, receipt } of await this.#receive(index, 10, HOUR_MS)) {
          latest.set(message.id, { id: message.id, receipt });
          left.delete(message.id);
          await this.#delete(index, { id: message.id, receipt });
        }
      }
      return left.size === 0;
    });
    // What a fault has doubled is deleted with the other, and nothing stays behind.
    for (const known of latest.values()) await this.#delete(0, known);
    await eventually("nothing is held", async () => {
      let count = (await this.#router(0).broker.depth(HELD_QUEUE))?.ready ?? 0;
      for (const index of [0, 1]) {
        await this.#receive(index, 10, 0);
        const { visible, invisible } = (await this.#router(index).broker.holds.counts(this.#queue))!;
        count += visible + invisible;
      }
      return count === 0;
    });
  }
}

async function closed({ broker, proxy }: Router): Promise<void> {
  await broker.close();
  await proxy.close();
}
