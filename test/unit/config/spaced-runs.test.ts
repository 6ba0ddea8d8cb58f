import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SpacedRuns } from "../../../src/config/live/spaced-runs.ts";

describe("spaced runs", () => {
  it("A spaced run is one for all who ask while it goes on", async () => {
    let started = 0;
    const first = Promise.withResolvers<undefined>();
    const runs = new SpacedRuns(async () => {
      started += 1;
      if (started === 1) await first.promise;
      return started;
    });
    const one = runs.run();
    await Promise.resolve();
    await sleep(1);
    const others = Array.from({ length: 60 }, () => runs.run());
    first.resolve(undefined);
    assert.equal(await one, 1);
    assert.deepEqual(new Set(await Promise.all(others)), new Set([2]));
    assert.equal(started, 2);
  });

  it("Spaced runs rest four times as long as they took", async () => {
    const times: { startedAtMs: number; endedAtMs: number }[] = [];
    const runs = new SpacedRuns(async () => {
      const startedAtMs = performance.now();
      await sleep(30);
      times.push({ startedAtMs, endedAtMs: performance.now() });
    });
    for (let n = 0; n < 3; n++) await runs.run();
    for (const [at, { startedAtMs, endedAtMs }] of times.entries()) {
      const next = times[at + 1];
      if (next === undefined) break;
      const restMs = next.startedAtMs - endedAtMs;
      // A timer may fire a millisecond early.
      assert.ok(restMs >= 3.9 * (endedAtMs - startedAtMs) - 2, `${restMs} ms`);
    }
  });

  it("Spaced runs go on after one that failed", async () => {
    let started = 0;
    const runs = new SpacedRuns(() =>
      ++started === 1 ? Promise.reject(new Error("first")) : Promise.resolve("second"),
    );
    await assert.rejects(runs.run(), /first/);
    assert.equal(await runs.run(), "second");
  });
});
