import type { ReplayOrder } from "../../../src/domain/replay/replay.ts";
import { sampleConfig, sampleRule, sampleTarget } from "../../support/sample.ts";
import { Chance } from "../chance.ts";
import { Scheduler } from "../scheduler.ts";
import { SimulatedQueue } from "../schedules/simulated-queue.ts";
import { Trace } from "../trace.ts";
import { Violation } from "../violation.ts";
import type { ReplayDefect } from "./defects.ts";
import type { AskedReplay } from "./replay-promises.ts";
import { ReplayPromises } from "./replay-promises.ts";
import { SimulatedArchive } from "./simulated-archive.ts";
import { SimulatedLog } from "./simulated-log.ts";
import { SimulatedReplayer } from "./simulated-replayer.ts";

export interface ReplaySimulationOptions {
  readonly seed: number;
  /** Gets each line of the trace. */
  readonly print?: (line: string) => void;
  readonly defect?: ReplayDefect;
}

export interface ReplaySimulationResult {
  /** Of everything that happened, in its order. */
  readonly hash: string;
  /** Replays that ended, messages that were stored, and how many of them repeated another one. */
  readonly ended: number;
  readonly stored: number;
  readonly repeated: number;
}

const STEPS = 40;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const EVENTS_MAX = 120;
const HEALING_MS = 30 * MINUTE_MS;
const CONFIG = sampleConfig({
  queues: ["q"],
  rules: [sampleRule("all", { source: ["shop"] }, [sampleTarget("q", { kind: "queue", name: "q" })])],
});

/**
 * Runs one seed: two routers that replay an archive, which die and stop at any moment, while records of the log and confirms of
 * the broker are lost or late, readings break off and the broker is away for minutes; then a time without faults.
 *
 * @throws Violation when a promise was broken.
 */
export async function simulateReplays(options: ReplaySimulationOptions): Promise<ReplaySimulationResult> {
  return await new ReplaySimulation(options).run();
}

class ReplaySimulation {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #log: SimulatedLog;
  readonly #archive: SimulatedArchive;
  readonly #queue: SimulatedQueue;
  readonly #replays: AskedReplay[] = [];
  readonly #newRouter: () => SimulatedReplayer;
  readonly #routers: SimulatedReplayer[];
  #violation: string | undefined;

  constructor({ seed, print, defect = {} }: ReplaySimulationOptions) {
    this.#seed = seed;
    const chance = (this.#chance = new Chance(seed));
    const scheduler = (this.#scheduler = new Scheduler(chance));
    this.#trace = new Trace(() => scheduler.elapsedMs, print);
    const drawn = (most: number) => (chance.happens(0.5) ? 0 : chance.next() * most);
    this.#log = new SimulatedLog(scheduler);
    this.#log.faults = { refused: drawn(0.2), lostConfirms: drawn(0.2), lostBroadcasts: drawn(0.5) };
    this.#archive = new SimulatedArchive(scheduler);
    this.#archive.brokenOff = drawn(0.1);
    this.#queue = new SimulatedQueue(scheduler);
    this.#queue.faults = { refused: drawn(0.2), lostConfirms: drawn(0.1) };
    const failed = (error: unknown) =>
      this.#violate(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const [log, archive, queue] = [this.#log, this.#archive, this.#queue];
    const world = { scheduler, log, archive, queue, config: CONFIG, defect, failed };
    let lives = 0;
    this.#newRouter = () => new SimulatedReplayer(`router-${++lives}`, world);
    this.#routers = [this.#newRouter(), this.#newRouter()];
  }

  async run(): Promise<ReplaySimulationResult> {
    const events = this.#chance.between(10, EVENTS_MAX);
    for (let n = 0; n < events; n++) this.#storeEvent();
    for (const router of this.#routers) router.start();
    for (let step = 0; step < STEPS && this.#violation === undefined; step++) {
      this.#step();
      await this.#scheduler.run(() => false, this.#chance.pick([10, 100, SECOND_MS, 10 * SECOND_MS]));
    }
    this.#heal();
    await this.#scheduler.run(() => this.#isAtRest(), HEALING_MS);
    const { stored } = this.#queue;
    for (const { message, atMs } of stored) this.#trace.note(`${message.id} at ${atMs}`);
    const promises = new ReplayPromises((what) => this.#violate(what));
    promises.check(this.#replays, this.#archive.known, stored, (name) => this.#stateOf(name));
    for (const router of this.#routers) router.kill();
    if (this.#violation !== undefined) throw new Violation(this.#violation, this.#seed, "--replays");
    const ids = new Set(stored.map(({ message }) => message.id));
    const ended = this.#replays.filter(({ name }) => this.#stateOf(name) !== undefined).length;
    return { hash: this.#trace.hash, ended, stored: stored.length, repeated: stored.length - ids.size };
  }

  #violate(what: string): void {
    this.#violation ??= what;
  }

  #step(): void {
    const chance = this.#chance;
    if (chance.happens(0.2)) this.#replaceRouter(chance.between(0, 1));
    else if (chance.happens(0.06)) this.#goAway();
    else if (chance.happens(0.2)) this.#replay();
    else if (chance.happens(0.04)) this.#cancel();
    else if (chance.happens(0.2)) this.#storeEvent();
  }

  #replaceRouter(index: number): void {
    const router = this.#routers[index];
    const isKilled = this.#chance.happens(0.7);
    this.#trace.note(`router ${index} ${isKilled ? "dies" : "stops"}`);
    if (isKilled) router?.kill();
    else router?.stop();
    this.#routers[index] = this.#newRouter();
    this.#routers[index].start();
  }

  #goAway(): void {
    const forMs = this.#chance.pick([SECOND_MS, 20 * SECOND_MS, 2 * MINUTE_MS]);
    this.#trace.note(`the broker is away for ${forMs} ms`);
    for (const part of [this.#log, this.#archive, this.#queue]) {
      part.isAway = true;
      this.#scheduler.after(forMs, undefined, () => (part.isAway = false));
    }
  }

  /** Within ten minutes, in no order, as senders give times. */
  #storeEvent(): void {
    const seconds = this.#chance.between(0, 600);
    this.#archive.store(BEGIN_MS + seconds * SECOND_MS);
  }

  #replay(): void {
    const [one, other] = [this.#chance.between(0, 600), this.#chance.between(0, 600)];
    const replay: AskedReplay = {
      name: `r-${this.#replays.length}`,
      fromMs: BEGIN_MS + Math.min(one, other) * SECOND_MS,
      toMs: BEGIN_MS + Math.max(one, other) * SECOND_MS,
      askedMs: this.#scheduler.nowMs,
      isCancelled: false,
    };
    const order: ReplayOrder = { kind: "replay", archive: "all", bus: "default", ...replayWindow(replay) };
    const router = this.#chance.pick(this.#routers);
    if (!router.isReady) return;
    this.#replays.push(replay);
    this.#trace.note(JSON.stringify(order));
    router.replay(order, this.#chance.pick([undefined, undefined, 5, 50]));
  }

  #cancel(): void {
    const router = this.#chance.pick(this.#routers);
    const running = router.jobs.list().filter(({ state }) => state === "running");
    if (running.length === 0) return;
    const job = this.#chance.pick(running);
    const asked = this.#replays.find(({ name }) => job.order.kind === "replay" && name === job.order.name);
    if (asked !== undefined) asked.isCancelled = true;
    router.cancel(job.id);
  }

  #heal(): void {
    for (const part of [this.#log, this.#archive, this.#queue]) part.isAway = false;
    this.#log.faults = { refused: 0, lostConfirms: 0, lostBroadcasts: 0 };
    this.#archive.brokenOff = 0;
    this.#queue.faults = { refused: 0, lostConfirms: 0 };
  }

  #isAtRest(): boolean {
    return this.#routers.every(
      ({ isReady, jobs }) => isReady && jobs.list().every(({ endedAtMs }) => endedAtMs !== undefined),
    );
  }

  #stateOf(replay: string): string | undefined {
    const states = this.#routers.map(
      ({ jobs }) => jobs.list().find(({ order }) => order.kind === "replay" && order.name === replay)?.state,
    );
    if (new Set(states).size > 1) this.#violate(`${replay} is ${states.join(" and ")}`);
    return states[0];
  }
}

const BEGIN_MS = Date.UTC(2026, 0, 1);

function replayWindow({ name, fromMs, toMs }: AskedReplay): Pick<ReplayOrder, "name" | "fromMs" | "toMs"> {
  return { name, fromMs, toMs };
}
