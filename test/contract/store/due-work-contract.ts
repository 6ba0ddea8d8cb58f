import assert from "node:assert/strict";
import { describe } from "node:test";
import type { ClaimedWork } from "../../../src/ports/store/due-work.ts";
import type { Change } from "../../../src/ports/store/entities.ts";
import type { OpenStore } from "./store-case.ts";
import { committed, conflictsOf, put, storeCases } from "./store-case.ts";
import { eventually } from "../waiting.ts";

const KIND = "schedule";
const LONG_MS = 60_000;
const LATER_MS = 4_000_000_000_000;

/** Hands out what is due: `DueWork`. */
export function dueWorkContract(name: string, open: OpenStore): void {
  const storeCase = storeCases(open);

  describe(`${name}: due work`, () => {
    storeCase("is handed out by its time, of its kind only, and leaves the revision alone", async (store) => {
      const scheduled = await committed(store, due("c", 3), due("a", 1), due("b", 2), due("later", LATER_MS));
      assert.equal(scheduled, undefined);
      assert.equal(await store.nextDueInMs(KIND), 0);
      const claimed = await store.claimDue(KIND, 2, LONG_MS);
      assert.deepEqual(claimed.map(shown), [
        ["a", 1, "value of a", 1],
        ["b", 2, "value of b", 1],
      ]);
      assert.deepEqual(namesOf(await store.claimDue(KIND, 10, LONG_MS)), ["c"]);
      assert.deepEqual(await store.claimDue("other", 10, LONG_MS), []);
      assert.deepEqual([await store.nextDueInMs("other"), await store.revision()], [undefined, 0]);
    });

    storeCase("never comes early", async (store) => {
      const dueAtMs = Date.now() + 150;
      await committed(store, due("soon", dueAtMs));
      assert.ok(Number(await store.nextDueInMs(KIND)) <= 150);
      let claimed: readonly ClaimedWork[] = [];
      await eventually("it comes", async () => {
        claimed = await store.claimDue(KIND, 1, LONG_MS);
        return claimed.length > 0;
      });
      assert.ok(Date.now() >= dueAtMs);
      assert.deepEqual(claimed.map(shown), [["soon", dueAtMs, "value of soon", 1]]);
    });

    storeCase("is given to one of many claimants each", async (store) => {
      const names = Array.from({ length: 60 }, (_, n) => `w-${String(n).padStart(2, "0")}`);
      await committed(store, ...names.map((each) => due(each, 1)));
      const claims = await Promise.all(Array.from({ length: 12 }, () => store.claimDue(KIND, 5, LONG_MS)));
      assert.deepEqual(claims.flatMap(namesOf).sort(), names);
      assert.ok(claims.every(({ length }) => length <= 5));
    });

    storeCase("that is not settled comes again, and its first claim is void", async (store) => {
      await committed(store, due("a", 1));
      const [first] = await store.claimDue(KIND, 1, 50);
      let second: ClaimedWork | undefined;
      await eventually("it comes again", async () => {
        [second] = await store.claimDue(KIND, 1, LONG_MS);
        return second !== undefined;
      });
      assert.deepEqual(shown(second), ["a", 1, "value of a", 2]);
      assert.deepEqual(conflictsOf(await store.commit([put("consequence"), settle(first)])), [[1, undefined]]);
      assert.equal(await store.get("rule", "consequence"), undefined);
      assert.equal(await committed(store, put("consequence"), settle(second)), 1);
      assert.equal(await store.nextDueInMs(KIND), undefined);
    });

    storeCase("is due again at its next time, as if it were new", async (store) => {
      await committed(store, due("a", 1));
      const [first] = await store.claimDue(KIND, 1, LONG_MS);
      await committed(store, { ...settle(first), next: { dueAtMs: 5, value: "next" } });
      const [second] = await store.claimDue(KIND, 1, LONG_MS);
      assert.deepEqual(shown(second), ["a", 5, "next", 1]);
      assert.deepEqual(conflictsOf(await store.commit([settle(first)])), [[0, undefined]]);
    });

    storeCase("that was scheduled anew or taken back meanwhile is not settled by its claimant", async (store) => {
      await committed(store, due("a", 1), due("b", 1));
      const [a, b] = await store.claimDue(KIND, 2, LONG_MS);
      await committed(store, due("a", LATER_MS), { change: "unschedule", kind: KIND, name: "b" });
      assert.deepEqual(conflictsOf(await store.commit([settle(a), settle(b)])), [
        [0, undefined],
        [1, undefined],
      ]);
      const inMs = await store.nextDueInMs(KIND);
      assert.ok(inMs !== undefined && Math.abs(inMs + Date.now() - LATER_MS) < 60_000, String(inMs));
    });

    storeCase("survives a crash of its claimant", async (store, fixture) => {
      await committed(store, due("a", 1));
      await store.claimDue(KIND, 1, 50);
      await fixture.crash(store);
      const again = await fixture.openStore();
      await eventually("it comes again", async () => (await again.claimDue(KIND, 1, LONG_MS)).length > 0);
    });
  });
}

function due(name: string, dueAtMs: number): Change {
  return { change: "schedule", kind: KIND, name, value: `value of ${name}`, dueAtMs };
}

function settle(work: ClaimedWork | undefined): Change & { readonly change: "settle" } {
  assert.ok(work);
  return { change: "settle", kind: work.kind, name: work.name, claim: work.claim };
}

function shown(work: ClaimedWork | undefined): readonly unknown[] {
  return [work?.name, work?.dueAtMs, work?.value, work?.attempt];
}

function namesOf(claimed: readonly ClaimedWork[]): string[] {
  return claimed.map(({ name }) => name);
}
