import { HEADER } from "../../../src/domain/delivery/headers.ts";
import type { ScheduleMissedFact } from "../../../src/domain/schedule/schedule.ts";
import type { StoredMessage } from "./simulated-queue.ts";

/** Longer than the store or the broker is away. */
const OUTAGE_MS_MAX = 900_000;

/** A schedule of the simulation. Times are epoch milliseconds. */
export interface KnownSchedule {
  readonly name: string;
  readonly createdMs: number;
  /** Between two due times; undefined for one that is due once, at its creation. */
  readonly everyMs: number | undefined;
  /** When it was deleted. */
  deletedMs?: number;
}

/** What routers promise of the schedules that a store has. */
export class SchedulePromises {
  readonly #violate: (what: string) => void;
  /** How many due times each schedule is said to have missed. */
  readonly #missed = new Map<string, number>();

  constructor(violate: (what: string) => void) {
    this.#violate = violate;
  }

  missed({ schedule, count }: ScheduleMissedFact): void {
    this.#missed.set(schedule, (this.#missed.get(schedule) ?? 0) + count);
  }

  /**
   * Goes through all that was stored, once everything is at rest.
   *
   * @param untilMs what is due later may be stored or not.
   */
  check(schedules: readonly KnownSchedule[], stored: readonly StoredMessage[], untilMs: number): void {
    const ids = new Map<string, string>();
    const fired = new Map<string, Set<number>>();
    for (const { message, atMs } of stored) {
      const { [HEADER.schedule]: name, [HEADER.scheduledAt]: dueAt } = message.headers;
      const [schedule, dueMs] = [String(name), Number(dueAt)];
      const key = `${schedule} at ${dueMs}`;
      if (atMs < dueMs) this.#violate(`${key} fired ${dueMs - atMs} ms early`);
      if ((ids.get(key) ?? message.id) !== message.id) this.#violate(`${key} has two ids`);
      ids.set(key, message.id);
      const times = fired.get(schedule) ?? new Set();
      fired.set(schedule, times.add(dueMs));
    }
    if (new Set(ids.values()).size !== ids.size) this.#violate("two due times have one id");
    for (const schedule of schedules) this.#checkOne(schedule, fired.get(schedule.name) ?? new Set(), untilMs);
  }

  #checkOne(schedule: KnownSchedule, fired: ReadonlySet<number>, untilMs: number): void {
    const { name, createdMs, everyMs, deletedMs } = schedule;
    const lastMs = Math.min(untilMs, deletedMs ?? Infinity);
    const due: number[] = [];
    for (let atMs = createdMs; atMs <= lastMs; atMs += everyMs ?? Infinity) due.push(atMs);
    const left = due.filter((atMs) => !fired.has(atMs));
    const missed = this.#missed.get(name) ?? 0;
    // Who deletes it may be quicker than the routers, which go on when an outage is over.
    const excused =
      missed + (deletedMs === undefined ? 0 : left.filter((atMs) => atMs > deletedMs - OUTAGE_MS_MAX).length);
    if (left.length > excused)
      this.#violate(`${name} never fired at ${left.join(", ")}, and is said to have missed ${missed}`);
    const unknown = [...fired].filter((atMs) => (atMs - createdMs) % (everyMs ?? Infinity) !== 0);
    if (unknown.length > 0) this.#violate(`${name} fired at ${unknown.join(", ")}, when it was not due`);
  }
}
