import { compileKept } from "../../../domain/schedule/kept/compile-kept.ts";
import { decodeDue, encodeDue } from "../../../domain/schedule/kept/due-value.ts";
import { readKeptSchedule, SCHEDULE_KIND } from "../../../domain/schedule/kept/kept-schedule.ts";
import type { RouterObserver } from "../../../ports/observer.ts";
import type { ClaimedWork, DueWork } from "../../../ports/store/due-work.ts";
import type { Change, Entities, Entity } from "../../../ports/store/entities.ts";
import type { FireDueOptions } from "../fire-due.ts";
import { fireDue } from "../fire-due.ts";
import type { LastFirings } from "../last-firings.ts";
import { DueWorker } from "../../store/due-worker.ts";
import type { DuePlan } from "./plan-due.ts";
import { planDue } from "./plan-due.ts";
import { settleClaims } from "./settle-claims.ts";

/** A commit has room for two changes of each, and their inputs, of 256 KiB at most, fit into 52 MiB with four claims at once. */
const CLAIMED = 50;
const CLAIMS_AT_ONCE = 4;
/** How long a stop waits for what is being fired. */
const STOP_MS_MAX = 2_000;

export interface KeptFirerOptions extends FireDueOptions {
  readonly store: Entities & DueWork;
  readonly last: LastFirings;
  readonly observer: FireDueOptions["observer"] & Pick<RouterObserver, "scheduleMissed">;
  /** Called before anything is fired: what a full queue refuses is kept, and somebody has to take it up. */
  readonly takeUpKept: () => void;
}

/** What becomes of a due schedule: what it fires, and the changes that say that it did. */
interface Planned {
  readonly plan: DuePlan;
  readonly changes: readonly Change[];
}

/**
 * Fires the schedules of the store. Each router claims what is due; its messages are stored and confirmed before the store
 * hears of it. A router that dies in between leaves its claim to end: another one then fires the same with the same ids.
 */
export class KeptFirer {
  readonly #options: KeptFirerOptions;
  readonly #worker: DueWorker;
  /** Fires at the end of a stop. */
  readonly #leave = new AbortController();

  constructor(options: KeptFirerOptions) {
    this.#options = options;
    const { store, sleep, onError } = options;
    this.#worker = new DueWorker({
      store,
      kind: SCHEDULE_KIND,
      claimed: CLAIMED,
      atOnce: CLAIMS_AT_ONCE,
      work: (claimed, stopping) => this.#fire(claimed, stopping).catch((error: unknown) => this.#unlessLeft(error)),
      sleep,
      onError,
    });
  }

  start(): void {
    this.#worker.start();
  }

  /** A schedule was changed: it may be due sooner. */
  wake(): void {
    this.#worker.wake();
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#leave.abort(new Error("the router has stopped")), STOP_MS_MAX);
    await this.#worker.stop();
    clearTimeout(timer);
  }

  async #fire(claimed: readonly ClaimedWork[], hurry: AbortSignal): Promise<void> {
    const { store, nowMs, observer, last, takeUpKept } = this.#options;
    takeUpKept();
    const found = await Promise.all(claimed.map(({ kind, name }) => store.get(kind, name)));
    const planned = claimed.map((work, at) => this.#plan(work, found[at], nowMs()));
    const due = planned.flatMap(({ plan }) => plan.fire).sort((one, other) => one.dueMs - other.dueMs);
    await fireDue(due, last, { hurry, leave: this.#leave.signal }, this.#options);
    for (const { plan } of planned) if (plan.missed !== undefined) observer.scheduleMissed(plan.missed);
    await settleClaims(
      planned.map(({ changes }) => changes),
      { ...this.#options, leave: this.#leave.signal },
    );
  }

  /** What a stop leaves comes again elsewhere, and is no fault. */
  #unlessLeft(error: unknown): void {
    if (error !== this.#leave.signal.reason) throw error;
  }

  #plan({ kind, name, claim, value, dueAtMs }: ClaimedWork, entity: Entity | undefined, nowMs: number): Planned {
    const kept = entity === undefined ? undefined : readKeptSchedule(entity.value);
    const { identity, config } = this.#options;
    const schedule = kept && compileKept(name, kept, identity);
    const ended: Planned = { plan: NOTHING, changes: [{ change: "settle", kind, name, claim }] };
    if (entity === undefined || kept === undefined || schedule === undefined) return ended;
    const dueMs = decodeDue(value) ?? dueAtMs;
    const plan = planDue(schedule, { dueMs, turnMs: dueAtMs }, nowMs);
    // A file's schedule of that name is in force in its place.
    const fired = config().schedules.has(schedule.name) ? { ...plan, fire: [] } : plan;
    if (plan.next === undefined && kept.isDeletedAfter) {
      const gone: Change = { change: "delete", kind, name, expect: entity.revision };
      return { plan: fired, changes: [...ended.changes, gone] };
    }
    if (plan.next === undefined) return { plan: fired, changes: ended.changes };
    const next = { dueAtMs: plan.next.turnMs, value: encodeDue(plan.next.dueMs) };
    return { plan: fired, changes: [{ change: "settle", kind, name, claim, next }] };
  }
}

const NOTHING: DuePlan = { fire: [], missed: undefined, next: undefined };
