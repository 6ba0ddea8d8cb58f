import type { Change, Entities } from "../../../ports/store/entities.ts";
import { StoreError } from "../../../ports/store/store.ts";

/** While the store is away, claims end by themselves and the work comes again. */
const TRIES_MAX = 10;
const WAIT_MS = 1_000;

export interface SettleDeps {
  readonly store: Pick<Entities, "commit">;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ends the tries. */
  readonly leave: AbortSignal;
}

/**
 * Commits what was done: all of it at once, without what others have changed meanwhile. What could not be committed comes
 * again when its claim has ended.
 *
 * @param works the changes of each work, which belong together.
 */
export async function settleClaims(
  works: readonly (readonly Change[])[],
  { store, sleep, leave }: SettleDeps,
): Promise<void> {
  let rest = works;
  for (let tries = 1; rest.length > 0 && tries <= TRIES_MAX;) {
    try {
      const all = rest.flat();
      const committed = await store.commit(all);
      if (committed.ok || committed.reason === "lease-lost") return;
      const changed = new Set(committed.conflicts.map(({ index }) => all[index]));
      rest = rest.filter((changes) => !changes.some((change) => changed.has(change)));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      tries += 1;
      await sleep(WAIT_MS, leave).catch(() => undefined);
      if (leave.aborted) return;
    }
  }
}
