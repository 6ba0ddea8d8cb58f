import type { ChangeResult, DecideChanges } from "../../../ports/made.ts";
import type { ScheduleBook } from "../../../ports/schedule-book.ts";
import type { Entities, Entity, EntityKey, EntityPage, EntityScan } from "../../../ports/store/entities.ts";
import { GatheredCommits } from "../../store/gathered-commits.ts";

export interface StoredBookOptions {
  readonly store: Entities;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called when something was changed. */
  readonly onChange: () => void;
}

/** The schedules of the store. */
export class StoredBook implements ScheduleBook {
  readonly isKept = true;
  readonly #options: StoredBookOptions;
  readonly #stopping = new AbortController();
  readonly #commits: GatheredCommits;

  constructor(options: StoredBookOptions) {
    this.#options = options;
    const sleep = (ms: number): Promise<void> => options.sleep(ms, this.#stopping.signal).catch(() => undefined);
    this.#commits = new GatheredCommits({ ...options, sleep });
  }

  get({ kind, name }: EntityKey): Promise<Entity | undefined> {
    return this.#options.store.get(kind, name);
  }

  scan(scan: EntityScan): Promise<EntityPage> {
    return this.#options.store.scan(scan);
  }

  async change(keys: readonly EntityKey[], decide: DecideChanges): Promise<ChangeResult> {
    const committed = await this.#commits.commit(keys, decide);
    this.#options.onChange();
    return committed.ok ? { ok: true } : committed;
  }

  stop(): void {
    this.#stopping.abort();
  }
}

/** The schedules of a router without a store. */
export const NO_BOOK: ScheduleBook = {
  isKept: false,
  get: () => Promise.resolve(undefined),
  scan: () => Promise.resolve({ entities: [], more: false }),
  change: () => Promise.resolve({ ok: false, reason: "no-store" }),
};
