import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Budget } from "../../src/edge/journal/budget.ts";

/** A budget of 1,000 bytes a second, and its clock. */
function budget() {
  let nowMs = 0;
  const it = new Budget(1_000, () => nowMs);
  return {
    it,
    /** Spends so many bytes in each of some seconds. */
    seconds: (count: number, bytes: number): void => {
      for (let n = 0; n < count; n++) {
        it.spend(bytes);
        nowMs += 1_000;
      }
    },
  };
}

describe("The journal's budget", () => {
  it("leaves nothing out below its bytes a second", () => {
    const { it, seconds } = budget();
    seconds(20, 1_000);
    assert.deepEqual([it.keepsBodies, it.oneIn, it.hasRoom], [true, 1, true]);
  });

  it("leaves out bodies first, and then half of the successes more with each second", () => {
    const { it, seconds } = budget();
    seconds(1, 1_001);
    assert.deepEqual([it.keepsBodies, it.oneIn], [false, 1]);
    seconds(1, 1_001);
    assert.equal(it.oneIn, 2);
    seconds(2, 1_001);
    assert.equal(it.oneIn, 8);
    seconds(40, 1_001);
    assert.equal(it.oneIn, 65_536);
  });

  it("stays where it is while the bytes fit, and goes back a step after five seconds with less than half of them", () => {
    const { it, seconds } = budget();
    seconds(3, 1_001);
    assert.equal(it.oneIn, 4);
    seconds(20, 900);
    assert.equal(it.oneIn, 4);
    seconds(5, 300);
    assert.equal(it.oneIn, 2);
    seconds(4, 300);
    seconds(1, 900);
    seconds(4, 300);
    assert.equal(it.oneIn, 2);
    seconds(1, 300);
    assert.equal(it.oneIn, 1);
    seconds(5, 300);
    assert.equal(it.keepsBodies, true);
  });

  it("keeps everything again after five seconds without a record", () => {
    const { it, seconds } = budget();
    seconds(6, 1_001);
    assert.notEqual(it.oneIn, 1);
    seconds(7, 0);
    assert.equal(it.oneIn > 1, true);
    let nowMs = 0;
    const idle = new Budget(1_000, () => nowMs);
    for (; nowMs < 6_000; nowMs += 1_000) idle.spend(1_001);
    nowMs += 10_000;
    assert.deepEqual([idle.keepsBodies, idle.oneIn], [true, 1]);
  });

  it("takes no success beyond twice the bytes of one second, and nothing beyond four times", () => {
    const { it, seconds } = budget();
    it.spend(2_001);
    assert.deepEqual([it.keepsBodies, it.hasRoomForSuccess, it.hasRoom], [false, false, true]);
    it.spend(2_000);
    assert.equal(it.hasRoom, false);
    seconds(1, 0);
    assert.deepEqual([it.hasRoomForSuccess, it.hasRoom], [true, true]);
  });
});
