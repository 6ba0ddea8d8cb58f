import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Change } from "../../../src/ports/store/entities.ts";
import { COMMIT_CHANGES_MAX, SCAN_BYTES_MAX, STORE_VALUE_BYTES_MAX } from "../../../src/ports/store/entities.ts";
import type { Store } from "../../../src/ports/store/store.ts";
import type { OpenStore } from "./store-case.ts";
import { changesAfter, committed, conflictsOf, KIND, namesIn, put, refusalFrom, storeCases } from "./store-case.ts";
import { within } from "../waiting.ts";

/** Keeps what has an identity: `Entities`. */
export function entitiesContract(name: string, open: OpenStore): void {
  const storeCase = storeCases(open);

  describe(`${name}: entities`, () => {
    storeCase("are nothing in an empty store", async (store) => {
      assert.equal(await store.revision(), 0);
      assert.equal(await store.get(KIND, "a"), undefined);
      assert.deepEqual(await store.scan({ kind: KIND }), { entities: [], more: false });
      assert.deepEqual(await store.changedAfter(0), { kind: "changes", keys: [], revision: 0, more: false });
    });

    storeCase("come back byte for byte, with the revision and the times of their changes", async (store) => {
      const value = `{"text":"\\u0000 é 😀 ","number":12345678901234567890.10,"quote":"'\\"$1"}`;
      assert.equal(await committed(store, put("größe/😀'$1", value)), 1);
      const first = await store.get(KIND, "größe/😀'$1");
      assert.deepEqual([first?.value, first?.revision], [value, 1]);
      assert.ok(Math.abs(Number(first?.createdAtMs) - Date.now()) < 60_000);
      assert.equal(await committed(store, put("größe/😀'$1", "")), 2);
      const second = await store.get(KIND, "größe/😀'$1");
      assert.deepEqual([second?.value, second?.revision, second?.createdAtMs], ["", 2, first?.createdAtMs]);
      assert.equal(await store.get("other", "größe/😀'$1"), undefined);
    });

    storeCase("change only from the state that is expected, all of a commit or none", async (store) => {
      await committed(store, put("a"), put("b"));
      const stale: Change[] = [
        { ...put("a", "new"), expect: 1 },
        { ...put("b", "new"), expect: 7 },
        { ...put("c", "new"), expect: "absent" },
        { change: "delete", kind: KIND, name: "d", expect: "present" },
      ];
      assert.deepEqual(conflictsOf(await store.commit(stale)), [
        [1, 1],
        [3, undefined],
      ]);
      assert.deepEqual([await store.revision(), (await store.get(KIND, "a"))?.value], [1, "a"]);
      assert.deepEqual(conflictsOf(await store.commit([{ ...put("a", "new"), expect: "absent" }])), [[0, 1]]);
      assert.equal(await committed(store, ...stale.slice(0, 1), { ...put("b", "new"), expect: "present" }), 2);
    });

    storeCase("that a commit requires are left as they are, and so is the revision", async (store) => {
      await committed(store, put("a"));
      const work = { change: "schedule", kind: "due", name: "w", dueAtMs: 0, value: "" } as const;
      const requiring = (expect: number | "present", name = "a"): Change[] => [
        { change: "require", kind: KIND, name, expect },
        work,
      ];
      assert.equal(await committed(store, ...requiring(1)), undefined);
      assert.deepEqual(conflictsOf(await store.commit(requiring(2))), [[0, 1]]);
      assert.deepEqual(conflictsOf(await store.commit(requiring("present", "b"))), [[0, undefined]]);
      assert.equal(await store.revision(), 1);
    });

    storeCase("that were deleted are gone, and may be made again", async (store) => {
      await committed(store, put("a"), put("b"));
      assert.equal(await committed(store, { change: "delete", kind: KIND, name: "a", expect: 1 }), 2);
      assert.deepEqual([await store.get(KIND, "a"), await namesIn(store)], [undefined, ["b"]]);
      assert.equal(await committed(store, { ...put("a", "again"), expect: "absent" }), 3);
      assert.equal((await store.get(KIND, "a"))?.value, "again");
    });

    storeCase("are scanned in the order of their code points, in pages, by prefix", async (store) => {
      const names = ["B", "a", "a/1", "a/10", "a/2", "a0", "b", "é", "\u{FFFD}", "😀"];
      await committed(store, ...names.toReversed().map((each) => put(each)), put("x", "", "other"));
      assert.deepEqual(await namesIn(store), names);
      assert.deepEqual(await namesIn(store, 3), names);
      assert.deepEqual(await namesIn(store, 1, "a/"), ["a/1", "a/10", "a/2"]);
      assert.deepEqual(await namesIn(store, 2, "é"), ["é"]);
    });

    storeCase("are scanned in pages of bounded size", async (store) => {
      const large = "x".repeat(STORE_VALUE_BYTES_MAX);
      const names = Array.from({ length: 6 }, (_, n) => `large-${n}`);
      for (const each of names) await committed(store, put(each, large));
      const { entities, more } = await store.scan({ kind: KIND });
      assert.deepEqual([entities.length * large.length, more], [SCAN_BYTES_MAX, true]);
      assert.deepEqual(await namesIn(store), names);
    });

    storeCase("are followed by their changes, deletions too", async (store) => {
      await committed(store, put("a"), put("b"));
      await committed(store, put("c"));
      await committed(store, put("a", "new"), { change: "delete", kind: KIND, name: "b" });
      const keys = (...names: string[]) => names.map((each) => ({ kind: KIND, name: each }));
      assert.deepEqual(await changesAfter(store, 0), keys("c", "a", "b"));
      assert.deepEqual(await changesAfter(store, 2), keys("a", "b"));
      assert.deepEqual(await store.changedAfter(3), { kind: "changes", keys: [], revision: 3, more: false });
      // A commit that finds nothing to change is followed all the same, or a poll would ask for ever.
      await committed(store, { change: "delete", kind: KIND, name: "never" });
      assert.deepEqual(await store.changedAfter(3), { kind: "changes", keys: [], revision: 4, more: false });
    });

    storeCase("are followed in pages that hold whole commits", async (store) => {
      const commits = Array.from({ length: 13 }, (_, commit) =>
        Array.from({ length: COMMIT_CHANGES_MAX - 1 }, (_each, n) => put(`${commit}-${n}`)),
      );
      for (const commit of commits) await committed(store, ...commit);
      const page = await store.changedAfter(0);
      assert.ok(page.kind === "changes" && page.more);
      assert.equal(page.keys.length % (COMMIT_CHANGES_MAX - 1), 0);
      assert.equal(page.keys.length / (COMMIT_CHANGES_MAX - 1), page.revision);
      const all = await changesAfter(store, 0);
      assert.ok(all !== "behind");
      assert.equal(new Set(all.map((key) => key.name)).size, 13 * (COMMIT_CHANGES_MAX - 1));
    });

    storeCase("say to who is behind that old deletions were forgotten", async (store, fixture) => {
      await committed(store, put("a"), put("b"));
      await committed(store, { change: "delete", kind: KIND, name: "a" });
      await store.close();
      await fixture.ageDeletions();
      const again = await fixture.openStore();
      await committed(again, put("c"));
      assert.deepEqual(
        [await changesAfter(again, 1), await changesAfter(again, 2)],
        ["behind", [{ kind: KIND, name: "c" }]],
      );
    });

    storeCase("lose no change to another one made at the same time", async (store, fixture) => {
      const others = await fixture.openStore().then(
        (other) => [store, other],
        () => [store],
      );
      await committed(store, put("count", "0"));
      await Promise.all(Array.from({ length: 20 }, (_, n) => increment(others[n % others.length] ?? store)));
      const counted = await store.get(KIND, "count");
      assert.deepEqual([counted?.value, counted?.revision], ["20", 21]);
    });

    storeCase("that were committed survive a crash", async (store, fixture) => {
      for (let n = 0; n < 10; n++) await committed(store, put(`n-${n}`));
      await fixture.crash(store);
      const again = await within("opened", fixture.openStore());
      assert.deepEqual([(await namesIn(again)).length, await again.revision()], [10, 10]);
    });

    storeCase("are refused beyond the bounds", async (store) => {
      const wrong: (readonly Change[])[] = [
        [],
        Array.from({ length: COMMIT_CHANGES_MAX + 1 }, (_, n) => put(`n-${n}`)),
        [put("")],
        [put("n".repeat(513))],
        [put("\0")],
        [put("\ud800")],
        [put("a", "\0")],
        [put("a", "x".repeat(STORE_VALUE_BYTES_MAX + 1))],
        Array.from({ length: 5 }, (_, n) => put(`n-${n}`, "x".repeat(STORE_VALUE_BYTES_MAX))),
        [put("a"), put("a")],
        [{ change: "schedule", kind: KIND, name: "a", value: "", dueAtMs: 0.5 }],
      ];
      for (const changes of wrong) await assert.rejects(store.commit(changes), RangeError);
      await assert.rejects(store.scan({ kind: KIND, limit: 1_001 }), RangeError);
      assert.equal(await store.revision(), 0);
    });

    storeCase("are not to be had after close", async (store) => {
      await within("closed", store.close());
      assert.equal(await refusalFrom(store.get(KIND, "a")), "unavailable");
      assert.equal(await refusalFrom(store.commit([put("a")])), "unavailable");
    });
  });
}

async function increment(store: Store): Promise<void> {
  for (;;) {
    const entity = await store.get(KIND, "count");
    const next = { ...put("count", String(Number(entity?.value) + 1)), expect: Number(entity?.revision) };
    if ((await store.commit([next])).ok) return;
  }
}
