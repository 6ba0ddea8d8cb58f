import type { Change, EntityKey } from "../../../src/ports/store/entities.ts";
import type { ClaimedWork } from "../../../src/ports/store/due-work.ts";
import type { Scheduler } from "../scheduler.ts";

interface Work extends EntityKey {
  readonly value: string;
  readonly dueAtMs: number;
  readonly claimableAtMs: number;
  readonly claim: string | undefined;
  readonly attempt: number;
}

/** The work that a simulated store hands out when it is due. */
export class SimulatedDueWork {
  readonly #scheduler: Scheduler;
  readonly #work = new Map<string, Work>();
  #claims = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Whether a change may be made: one that settles a claim which is void may not. */
  allows(change: Change): boolean {
    return change.change !== "settle" || this.#work.get(keyOf(change))?.claim === change.claim;
  }

  apply(change: Change): void {
    const { kind, name } = change;
    const put = (next: { readonly dueAtMs: number; readonly value: string }) =>
      this.#work.set(keyOf(change), { kind, name, ...next, claimableAtMs: next.dueAtMs, claim: undefined, attempt: 0 });
    if (change.change === "schedule") put(change);
    else if (change.change === "settle" && change.next !== undefined) put(change.next);
    else if (change.change === "settle" || change.change === "unschedule") this.#work.delete(keyOf(change));
  }

  claimDue(kind: string, limit: number, claimMs: number): readonly ClaimedWork[] {
    const { nowMs } = this.#scheduler;
    const due = [...this.#work.values()]
      .filter((work) => work.kind === kind && work.claimableAtMs <= nowMs)
      .sort((one, other) => one.claimableAtMs - other.claimableAtMs)
      .slice(0, limit);
    return due.map((work) => {
      const claim = `claim-${(this.#claims += 1)}`;
      const attempt = work.attempt + 1;
      this.#work.set(keyOf(work), { ...work, claim, attempt, claimableAtMs: nowMs + claimMs });
      return { kind, name: work.name, value: work.value, dueAtMs: work.dueAtMs, claim, attempt };
    });
  }

  nextDueInMs(kind: string): number | undefined {
    const times = [...this.#work.values()].filter((work) => work.kind === kind).map((work) => work.claimableAtMs);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - this.#scheduler.nowMs);
  }
}

function keyOf({ kind, name }: EntityKey): string {
  return `${kind} ${name}`;
}
