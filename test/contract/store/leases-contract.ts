import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Lease } from "../../../src/ports/store/leases.ts";
import type { Store } from "../../../src/ports/store/store.ts";
import type { OpenStore } from "./store-case.ts";
import { KIND, put, storeCases } from "./store-case.ts";
import { eventually } from "../waiting.ts";

const LONG_MS = 60_000;

/** Lets one at a time: `Leases`. */
export function leasesContract(name: string, open: OpenStore): void {
  const storeCase = storeCases(open);

  describe(`${name}: leases`, () => {
    storeCase("are held by one of many that ask at once", async (store) => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => store.acquire("job", `router-${n}`, LONG_MS)),
      );
      const held = answers.filter((answer) => answer.held);
      assert.equal(held.length, 1);
      for (const answer of answers) {
        if (answer.held) continue;
        assert.equal(answer.holder, held[0]?.lease.holder);
        assert.ok(answer.forMs > 0 && answer.forMs <= LONG_MS);
      }
    });

    storeCase("are extended by their holder, free after a release, and different each time", async (store) => {
      const first = await taken(store, "a", LONG_MS);
      assert.deepEqual(await taken(store, "a", LONG_MS), first);
      await store.release(first);
      const second = await taken(store, "b", LONG_MS);
      assert.notEqual(second.token, first.token);
      // A release that comes late ends nobody else's lease.
      await store.release(first);
      assert.equal((await store.acquire("job", "a", LONG_MS)).held, false);
      assert.equal((await store.acquire("other", "a", LONG_MS)).held, true);
    });

    storeCase("end by themselves, not before, and for a holder that comes back too", async (store) => {
      const startedMs = performance.now();
      const first = await taken(store, "a", 300);
      await eventually("it has ended", async () => (await store.acquire("job", "b", 1)).held);
      assert.ok(performance.now() - startedMs >= 299);
      let again: Lease | undefined;
      await eventually("it is taken again", async () => {
        const answer = await store.acquire("job", "a", LONG_MS);
        if (answer.held) again = answer.lease;
        return answer.held;
      });
      assert.notEqual(again?.token, first.token);
    });

    storeCase("that have ended are no longer held, and taken anew by the same holder too", async (store) => {
      const first = await taken(store, "a", 50);
      const isLost = async (): Promise<boolean> => !(await store.commit([put("beat")], first)).ok;
      await eventually("it has ended", isLost);
      const second = await taken(store, "a", LONG_MS);
      assert.notEqual(second.token, first.token);
      assert.equal(await isLost(), true);
    });

    storeCase("guard a commit: one that was lost changes nothing", async (store) => {
      const lease = await taken(store, "a", LONG_MS);
      assert.equal((await store.commit([put("kept")], lease)).ok, true);
      await store.release(lease);
      assert.deepEqual(await store.commit([put("lost")], lease), { ok: false, reason: "lease-lost" });
      await taken(store, "b", LONG_MS);
      assert.deepEqual(await store.commit([put("lost")], lease), { ok: false, reason: "lease-lost" });
      assert.deepEqual([await store.get(KIND, "lost"), await store.revision()], [undefined, 1]);
    });

    storeCase("outlive a crash of their holder, which takes nothing from who comes next", async (store, fixture) => {
      await taken(store, "a", LONG_MS);
      await fixture.crash(store);
      const again = await fixture.openStore();
      assert.equal((await again.acquire("job", "b", LONG_MS)).held, false);
    });
  });
}

async function taken(store: Store, holder: string, forMs: number): Promise<Lease> {
  const answer = await store.acquire("job", holder, forMs);
  assert.ok(answer.held, JSON.stringify(answer));
  return answer.lease;
}
