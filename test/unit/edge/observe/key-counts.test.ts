import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BlockedKey } from "../../../../src/domain/order/blocked-key.ts";
import { observe, valueOf } from "../../../support/observe/observe.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const orderBy = { path: "$.detail.id", whenFailed: "block" } as const;

const blocked = (name: string, sinceMs: number): BlockedKey => ({
  function: name,
  deliveryId: `${name} ${sinceMs}`,
  sinceMs,
  attempts: 3,
  reason: "server_error",
  message: "503",
});

describe("keys of functions that keep an order", () => {
  it("Keys that wait and are blocked are counted by function, from the start, and only where there is an order", async () => {
    const { observation, clock } = observe();
    observation.follow(sampleConfig({ functions: [sampleFunction("stock", { orderBy }), sampleFunction("mail")] }));
    const of = (metric: string, name = "stock", labels = {}): Promise<number | undefined> =>
      valueOf(observation, `busbar_destination_${metric}`, { destination: `function/${name}`, ...labels });
    const counts = async () => [
      await of("keys_waiting", "stock", { state: "turn" }),
      await of("keys_waiting", "stock", { state: "retry" }),
      await of("keys_blocked"),
      await of("oldest_blocked_key_seconds"),
    ];
    assert.deepEqual(await counts(), [0, 0, 0, 0]);
    observation.keys.watchWaiting(() => new Map([["function/stock", { turn: 4, retry: 2 }]]));
    observation.keys.watchBlocked(() => [blocked("stock", 2_000), blocked("stock", 5_000), blocked("gone", 0)]);
    clock.nowMs = 62_000;
    assert.deepEqual(await counts(), [4, 2, 2, 60]);
    assert.deepEqual([await of("keys_blocked", "mail"), await of("keys_blocked", "gone")], [undefined, undefined]);
  });

  it("A key that another router has blocked, whose clock is ahead, has been blocked for 0 seconds", async () => {
    const { observation } = observe();
    observation.follow(sampleConfig({ functions: [sampleFunction("stock", { orderBy })] }));
    observation.keys.watchBlocked(() => [blocked("stock", 9_000)]);
    const metric = "busbar_destination_oldest_blocked_key_seconds";
    assert.equal(await valueOf(observation, metric, { destination: "function/stock" }), 0);
  });
});
