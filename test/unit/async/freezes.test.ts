import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Freezes } from "../../../src/async/freezes.ts";

function world() {
  const clock = { nowMs: 5_000 };
  const noticed: number[] = [];
  const freezes = new Freezes(() => clock.nowMs);
  const end = freezes.onFreeze(() => noticed.push(clock.nowMs));
  const lookAt = (...times: readonly number[]): void => {
    for (const nowMs of times) {
      clock.nowMs = nowMs;
      freezes.notice();
    }
  };
  return { noticed, end, lookAt };
}

describe("Freezes of the process", () => {
  it("A freeze is noticed once, by the first who looks after it", () => {
    const { noticed, lookAt } = world();
    lookAt(6_000, 8_000, 18_000, 18_001, 20_000);
    assert.deepEqual(noticed, [18_000]);
  });

  it("A process that has its turns was not frozen, nor was one at which nobody had looked before", () => {
    const { noticed, lookAt } = world();
    lookAt(100_000, 109_999, 119_998);
    assert.deepEqual(noticed, []);
  });

  it("Who does not listen any more hears nothing", () => {
    const { noticed, end, lookAt } = world();
    end();
    lookAt(0, 60_000);
    assert.deepEqual(noticed, []);
  });
});
