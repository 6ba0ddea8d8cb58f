import { encodeDue } from "../../../src/domain/schedule/kept/due-value.ts";
import { SCHEDULE_KIND } from "../../../src/domain/schedule/kept/kept-schedule.ts";
import type { Change } from "../../../src/ports/store/entities.ts";
import { sampleConfig } from "../../support/sample.ts";
import { Chance } from "../chance.ts";
import { Scheduler } from "../scheduler.ts";
import { SimulatedStore } from "../store/simulated-store.ts";
import { Trace } from "../trace.ts";
import { Violation } from "../violation.ts";
import type { FirerDefect } from "./defects.ts";
import type { KnownSchedule } from "./schedule-promises.ts";
import { SchedulePromises } from "./schedule-promises.ts";
import { SimulatedFirer } from "./simulated-firer.ts";
import { SimulatedQueue } from "./simulated-queue.ts";

export interface ScheduleSimulationOptions {
  readonly seed: number;
  /** Gets each line of the trace. */
  readonly print?: (line: string) => void;
  readonly defect?: FirerDefect;
}

export interface ScheduleSimulationResult {
  /** Of everything that happened, in its order. */
  readonly hash: string;
  /** Messages that were stored, and how many of them repeated another one. */
  readonly stored: number;
  readonly repeated: number;
}

const STEPS = 40;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const NO_FAULTS = { lostCalls: 0, lostAnswers: 0, slowCalls: 0, forgotten: 0 };
/** Longer than a claim lasts whose answer was lost, and what a settlement waits for. */
const HEALING_MS = 3 * MINUTE_MS;

/**
 * Runs one seed: two routers that fire the schedules of one store, which die and stop at any moment, while calls of the store
 * and confirms of the broker are lost or late and either is away for minutes; then a time without faults.
 *
 * @throws Violation when a promise was broken.
 */
export async function simulateSchedules(options: ScheduleSimulationOptions): Promise<ScheduleSimulationResult> {
  return await new ScheduleSimulation(options).run();
}

class ScheduleSimulation {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #store: SimulatedStore;
  readonly #queue: SimulatedQueue;
  readonly #promises: SchedulePromises;
  readonly #schedules: KnownSchedule[] = [];
  readonly #newRouter: () => SimulatedFirer;
  readonly #routers: SimulatedFirer[];
  #violation: string | undefined;

  constructor({ seed, print, defect = {} }: ScheduleSimulationOptions) {
    this.#seed = seed;
    const chance = (this.#chance = new Chance(seed));
    const scheduler = (this.#scheduler = new Scheduler(chance));
    this.#trace = new Trace(() => scheduler.elapsedMs, print);
    const drawn = (most: number) => (chance.happens(0.5) ? 0 : chance.next() * most);
    const faults = { lostCalls: drawn(0.2), lostAnswers: drawn(0.2), slowCalls: drawn(0.3), forgotten: 0 };
    this.#store = new SimulatedStore(scheduler, faults);
    this.#queue = new SimulatedQueue(scheduler);
    this.#queue.faults = { refused: drawn(0.3), lostConfirms: drawn(0.3) };
    const violate = (what: string): void => void (this.#violation ??= what);
    this.#promises = new SchedulePromises(violate);
    const world = {
      scheduler,
      store: this.#store,
      queue: this.#queue,
      config: sampleConfig({ queues: ["q"] }),
      defect,
      missed: this.#promises.missed.bind(this.#promises),
      failed: (error: unknown) => violate(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    };
    this.#newRouter = () => new SimulatedFirer(world);
    this.#routers = [this.#newRouter(), this.#newRouter()];
  }

  async run(): Promise<ScheduleSimulationResult> {
    for (const router of this.#routers) router.start();
    for (let step = 0; step < STEPS && this.#violation === undefined; step++) {
      this.#step();
      await this.#scheduler.run(() => false, this.#chance.pick([10, SECOND_MS, 10 * SECOND_MS, MINUTE_MS]));
    }
    this.#heal();
    const untilMs = this.#scheduler.nowMs;
    await this.#scheduler.run(() => false, HEALING_MS);
    const { stored } = this.#queue;
    for (const { message, atMs } of stored) this.#trace.note(`${message.id} at ${atMs}`);
    this.#promises.check(this.#schedules, stored, untilMs);
    if (this.#violation !== undefined) throw new Violation(this.#violation, this.#seed, "--schedules");
    const ids = new Set(stored.map(({ message }) => message.id));
    return { hash: this.#trace.hash, stored: stored.length, repeated: stored.length - ids.size };
  }

  #step(): void {
    const chance = this.#chance;
    if (chance.happens(0.15)) this.#replaceRouter(chance.between(0, 1));
    else if (chance.happens(0.08)) this.#goAway(this.#store, "the store");
    else if (chance.happens(0.08)) this.#goAway(this.#queue, "the broker");
    else if (chance.happens(0.3)) this.#make();
    else if (chance.happens(0.15)) this.#delete();
  }

  #replaceRouter(index: number): void {
    const router = this.#routers[index];
    const isKilled = this.#chance.happens(0.6);
    this.#trace.note(`router ${index} ${isKilled ? "dies" : "stops"}`);
    if (isKilled) router?.kill();
    else router?.stop();
    this.#routers[index] = this.#newRouter();
    this.#routers[index].start();
  }

  /** Now and then for longer than due times are made up for. */
  #goAway(what: { isAway: boolean }, name: string): void {
    const forMs = this.#chance.pick([SECOND_MS, 20 * SECOND_MS, 10 * MINUTE_MS]);
    this.#trace.note(`${name} is away for ${forMs} ms`);
    what.isAway = true;
    this.#scheduler.after(forMs, undefined, () => (what.isAway = false));
  }

  #make(): void {
    const everyMs = this.#chance.pick([MINUTE_MS, 2 * MINUTE_MS, undefined]);
    const createdMs = Math.ceil(this.#scheduler.nowMs / SECOND_MS) * SECOND_MS;
    const schedule: KnownSchedule = { name: `s-${this.#schedules.length}`, createdMs, everyMs };
    this.#schedules.push(schedule);
    const key = { kind: SCHEDULE_KIND, name: `default/${schedule.name}` };
    this.#commit([
      { change: "put", ...key, value: valueOf(schedule, this.#chance.happens(0.5)), expect: "absent" },
      { change: "schedule", ...key, dueAtMs: createdMs, value: encodeDue(createdMs) },
    ]);
    this.#chance.pick(this.#routers).wake();
  }

  #delete(): void {
    const left = this.#schedules.filter(({ everyMs, deletedMs }) => everyMs !== undefined && deletedMs === undefined);
    if (left.length === 0) return;
    const schedule = this.#chance.pick(left);
    schedule.deletedMs = this.#scheduler.nowMs;
    const key = { kind: SCHEDULE_KIND, name: `default/${schedule.name}` };
    this.#commit([
      { change: "delete", ...key },
      { change: "unschedule", ...key },
    ]);
  }

  #commit(changes: readonly Change[]): void {
    this.#trace.note(JSON.stringify(changes));
    this.#store.commitNow(changes);
  }

  #heal(): void {
    this.#store.isAway = false;
    this.#queue.isAway = false;
    this.#store.faults = NO_FAULTS;
    this.#queue.faults = { refused: 0, lostConfirms: 0 };
  }
}

function valueOf({ createdMs, everyMs }: KnownSchedule, isDeletedAfter: boolean): string {
  const minutes = (everyMs ?? 0) / MINUTE_MS;
  const at = new Date(createdMs).toISOString().slice(0, 19);
  return JSON.stringify({
    expression: everyMs === undefined ? `at(${at})` : `rate(${minutes} minute${minutes === 1 ? "" : "s"})`,
    zone: "UTC",
    state: "ENABLED",
    isDeletedAfter,
    target: { Arn: "arn:aws:sqs:us-east-1:000000000000:q" },
    createdMs,
    changedMs: createdMs,
    made: { digest: "d" },
  });
}
