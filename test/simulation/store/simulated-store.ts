import type {
  Change,
  Committed,
  Entities,
  Entity,
  EntityPage,
  ChangedEntities,
} from "../../../src/ports/store/entities.ts";
import type { DueWork } from "../../../src/ports/store/due-work.ts";
import { StoreError } from "../../../src/ports/store/store.ts";
import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";
import { SimulatedDueWork } from "./simulated-due-work.ts";

/** What can go wrong between a router and the store, each as a probability for one call. */
export interface StoreFaults {
  /** The call does not reach the store. */
  readonly lostCalls: number;
  /** It is done, and nobody hears of it. */
  readonly lostAnswers: number;
  /** It takes up to a second instead of a few milliseconds, there or back. */
  readonly slowCalls: number;
  /** The store has forgotten what was deleted: whoever follows reads everything anew. */
  readonly forgotten: number;
}

/** One commit that changed entities. */
export interface StoreCommit {
  readonly revision: number;
  readonly atMs: number;
  readonly changes: readonly Change[];
}

/**
 * A store that is asked over a network. Each call has two ways, of which each takes its time; in between it is done at
 * one moment. So an answer may be old when it is heard, and calls of one router may overtake each other.
 */
export class SimulatedStore {
  readonly commits: StoreCommit[] = [];
  /** Whether it does not answer at all. */
  isAway = false;
  faults: StoreFaults;
  readonly #scheduler: Scheduler;
  readonly #due: SimulatedDueWork;
  #entities = new Map<string, Entity>();
  #changed: { readonly kind: string; readonly name: string; readonly revision: number }[] = [];

  constructor(scheduler: Scheduler, faults: StoreFaults) {
    this.#scheduler = scheduler;
    this.#due = new SimulatedDueWork(scheduler);
    this.faults = faults;
  }

  get revision(): number {
    return this.commits.length;
  }

  /** What is stored, by kind and name. */
  get entities(): ReadonlyMap<string, Entity> {
    return this.#entities;
  }

  /** The store as a router asks it. */
  connect(life: Life): Entities & DueWork {
    const call = <T>(work: () => T, isCommit = false) => this.#call(life, work, isCommit);
    return {
      get: (kind, name) => call(() => this.#entities.get(keyOf(kind, name))),
      scan: (scan) => call(() => this.#scan(scan)),
      commit: (changes) => call(() => this.commitNow(changes), true),
      revision: () => call(() => this.revision),
      changedAfter: (revision) => call(() => this.#changedAfter(revision)),
      claimDue: (kind, limit, claimMs) => call(() => this.#due.claimDue(kind, limit, claimMs)),
      nextDueInMs: (kind) => call(() => this.#due.nextDueInMs(kind)),
    };
  }

  async #call<T>(life: Life, work: () => T, isCommit: boolean): Promise<T> {
    const { chance } = this.#scheduler;
    const { lostCalls, lostAnswers } = this.faults;
    await this.#travel(life);
    if (this.isAway || chance.happens(lostCalls)) throw new StoreError("unavailable", "the store does not answer");
    const answer = work();
    const isLost = chance.happens(lostAnswers);
    await this.#travel(life);
    if (isLost) throw new StoreError(isCommit ? "unknown" : "unavailable", "the answer was lost");
    return answer;
  }

  #travel(life: Life): Promise<void> {
    const { chance } = this.#scheduler;
    return this.#scheduler.wait(
      chance.happens(this.faults.slowCalls) ? chance.between(10, 1_000) : chance.between(0, 5),
      life,
    );
  }

  /** As somebody whose calls always arrive. */
  commitNow(changes: readonly Change[]): Committed {
    for (const [index, change] of changes.entries()) {
      const found = this.#entities.get(keyOf(change.kind, change.name))?.revision;
      if (!isAsExpected(change, found) || !this.#due.allows(change))
        return { ok: false, reason: "conflict", conflicts: [{ index, found }] };
    }
    for (const change of changes) this.#due.apply(change);
    if (!changes.some(({ change }) => change === "put" || change === "delete"))
      return { ok: true, revision: undefined };
    const revision = this.revision + 1;
    for (const change of changes) this.#apply(change, revision);
    this.commits.push({ revision, atMs: this.#scheduler.nowMs, changes });
    return { ok: true, revision };
  }

  #apply(change: Change, revision: number): void {
    const { kind, name } = change;
    if (change.change === "put") {
      const atMs = this.#scheduler.nowMs;
      this.#entities.set(keyOf(kind, name), {
        kind,
        name,
        value: change.value,
        revision,
        createdAtMs: atMs,
        changedAtMs: atMs,
      });
    } else if (change.change === "delete") this.#entities.delete(keyOf(kind, name));
    else return;
    this.#changed = [
      ...this.#changed.filter((one) => one.kind !== kind || one.name !== name),
      { kind, name, revision },
    ];
  }

  #scan({ kind, prefix = "", after = "" }: Parameters<Entities["scan"]>[0]): EntityPage {
    const rest = [...this.#entities.values()]
      .filter((one) => one.kind === kind && one.name.startsWith(prefix) && one.name > after)
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    return { entities: rest.slice(0, 2), more: rest.length > 2 };
  }

  #changedAfter(after: number): ChangedEntities {
    if (this.#scheduler.chance.happens(this.faults.forgotten)) return { kind: "behind" };
    const keys = this.#changed.filter(({ revision }) => revision > after);
    const page = keys.slice(0, 3);
    const more = keys.length > page.length;
    return { kind: "changes", keys: page, revision: more ? (page.at(-1)?.revision ?? after) : this.revision, more };
  }
}

export function keyOf(kind: string, name: string): string {
  return `${kind} ${name}`;
}

function isAsExpected(change: Change, found: number | undefined): boolean {
  const expected = "expect" in change ? change.expect : undefined;
  if (expected === undefined) return true;
  return expected === "present" ? found !== undefined : expected === (found ?? "absent");
}
