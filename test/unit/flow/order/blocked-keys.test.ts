import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BlockedKey } from "../../../../src/domain/order/blocked-key.ts";
import { SharedLog } from "../../../../src/flow/control-log/shared-log.ts";
import { BlockedKeys } from "../../../../src/flow/order/blocked-keys.ts";

const BLOCKED: BlockedKey = {
  function: "stock",
  key: '"o-1"',
  deliveryId: "d-1",
  eventId: "e-1",
  sinceMs: 1_000,
  attempts: 3,
  reason: "function_error",
  message: "no",
};

/** Two routers that read one log. */
async function world() {
  const clock = { nowMs: 2_000 };
  const listeners: ((record: Buffer) => void)[] = [];
  const log = {
    append: (record: Buffer): Promise<void> => {
      for (const listener of listeners) listener(record);
      return Promise.resolve();
    },
    follow: (listener: (record: Buffer) => void): Promise<void> => {
      listeners.push(listener);
      return Promise.resolve();
    },
  };
  const said: string[] = [];
  const gone = new Set<string>();
  const router = async (name: string): Promise<BlockedKeys> => {
    const shared = new SharedLog(log, () => assert.fail("an unreadable record"));
    const keys = new BlockedKeys({
      log: shared,
      nowMs: () => clock.nowMs,
      keepsOrder: (functionName) => !gone.has(functionName),
      onBlocked: ({ deliveryId }) => said.push(`${name}: ${deliveryId} blocks`),
      onGoesOn: ({ deliveryId }) => said.push(`${name}: ${deliveryId} goes on`),
    });
    await shared.start();
    return keys;
  };
  return { one: await router("one"), two: await router("two"), said, clock, gone };
}

describe("Blocked keys", () => {
  it("are known to every router, and said by the one that has the event", async () => {
    const { one, two, said } = await world();
    await one.block(BLOCKED);
    await one.block({ ...BLOCKED, attempts: 4 });
    assert.deepEqual(two.list(), [BLOCKED]);
    await one.goesOn("stock", "d-1");
    await one.goesOn("stock", "d-2");
    assert.deepEqual(two.list(), []);
    assert.deepEqual(said, ["one: d-1 blocks", "one: d-1 goes on"]);
  });

  it("are skipped by whichever router is asked, and only where there is one", async () => {
    const { one, two } = await world();
    const heard: string[] = [];
    one.onSkip((functionName, deliveryId) => heard.push(`${functionName} ${deliveryId}`));
    await one.block(BLOCKED);
    assert.equal(await two.skip("stock", "d-2", "ada"), false);
    assert.equal(await two.skip("stock", "d-1", "ada"), true);
    assert.deepEqual(heard, ["stock d-1"]);
    assert.deepEqual(one.skipOf("stock", "d-1"), { by: "ada" });
    assert.equal(one.skipOf("stock", "d-2"), undefined);
  });

  it("are not listed once their function keeps no order any more", async () => {
    const { one, gone } = await world();
    await one.block(BLOCKED);
    assert.equal(one.list().length, 1);
    gone.add("stock");
    assert.deepEqual(one.list(), []);
  });

  it("are renewed with their skip, and forgotten once no event can be so old", async () => {
    const { one, two, clock } = await world();
    await one.block(BLOCKED);
    await one.skip("stock", "d-1", undefined);
    assert.equal(two.renewals(0).length, 0);
    const [renewed] = two.renewals(1_000_000);
    assert.equal((JSON.parse(String(renewed)) as { state: string }).state, "blocked");
    clock.nowMs += 8 * 3_600_000;
    assert.deepEqual([two.list(), two.renewals(1_000_000)], [[], []]);
  });
});
