import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import type { Change, Committed, EntityKey } from "../../../src/ports/store/entities.ts";
import type { Store, StoreErrorReason, StoreEvents } from "../../../src/ports/store/store.ts";
import { StoreError } from "../../../src/ports/store/store.ts";
import { within } from "../waiting.ts";

/** An empty store of one test's own, which closes what was opened on it when the test ends. */
export interface StoreFixture {
  /** Opens the store; after a crash or a close, on the same data. */
  openStore(events?: Partial<StoreEvents>): Promise<Store>;
  /** Drops a store as if its process had died. */
  crash(store: Store): Promise<void>;
  /** Makes all deletions as old as can be, as a day that has passed does. No store is open then. */
  ageDeletions(): Promise<void>;
}

export type OpenStore = (t: TestContext) => Promise<StoreFixture>;

/** Makes cases of one kind of store: each has one of its own. */
export function storeCases(open: OpenStore) {
  return (title: string, run: (store: Store, fixture: StoreFixture) => Promise<void>): void => {
    it(title, { timeout: 60_000 }, async (t) => {
      const fixture = await open(t);
      await run(await within("opened", fixture.openStore()), fixture);
    });
  };
}

export const KIND = "rule";

export function put(name: string, value = name, kind = KIND): Change & { readonly change: "put" } {
  return { change: "put", kind, name, value };
}

/** Commits what is expected to be made, and resolves with its revision. */
export async function committed(store: Store, ...changes: readonly Change[]): Promise<number | undefined> {
  const result = await store.commit(changes);
  assert.ok(result.ok, JSON.stringify(result));
  return result.revision;
}

export function conflictsOf(result: Committed): readonly (readonly [number, number | undefined])[] {
  assert.ok(!result.ok && result.reason === "conflict", JSON.stringify(result));
  return result.conflicts.map(({ index, found }) => [index, found]);
}

/** The names of everything of a kind, read in pages. */
export async function namesIn(store: Store, limit = 1_000, prefix = "", kind = KIND): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const { entities, more } = await store.scan({ kind, prefix, after: names.at(-1) ?? "", limit });
    names.push(...entities.map(({ name }) => name));
    if (!more) return names;
  }
}

/** What was changed after a revision, read in pages. */
export async function changesAfter(store: Store, revision: number): Promise<readonly EntityKey[] | "behind"> {
  const keys: EntityKey[] = [];
  for (let after = revision; ;) {
    const changed = await store.changedAfter(after);
    if (changed.kind === "behind") return "behind";
    keys.push(...changed.keys);
    if (!changed.more) return keys;
    assert.ok(changed.revision > after, "a page goes on");
    after = changed.revision;
  }
}

/** Why the store did not do something; "done" if it did. */
export async function refusalFrom(asking: Promise<unknown>): Promise<StoreErrorReason | "done"> {
  try {
    await asking;
    return "done";
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    return error.reason;
  }
}
