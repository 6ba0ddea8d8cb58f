import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Budget } from "../../../../src/edge/journal/budget.ts";

/** Spends so many bytes in each of some windows. */
function spend(budget: Budget, windows: number, bytes: number): void {
  for (let n = 0; n < windows; n++) {
    budget.spend(bytes);
    budget.endWindow();
  }
}

describe("The journal's budget", () => {
  it("leaves nothing out below its bytes a window", () => {
    const budget = new Budget(1_000);
    spend(budget, 20, 1_000);
    assert.deepEqual([budget.keepsBodies, budget.oneIn, budget.hasRoom], [true, 1, true]);
  });

  it("leaves out bodies first, and then half of the successes more with each window", () => {
    const budget = new Budget(1_000);
    spend(budget, 1, 1_001);
    assert.deepEqual([budget.keepsBodies, budget.oneIn], [false, 1]);
    spend(budget, 1, 1_001);
    assert.equal(budget.oneIn, 2);
    spend(budget, 2, 1_001);
    assert.equal(budget.oneIn, 8);
    spend(budget, 40, 1_001);
    assert.equal(budget.oneIn, 65_536);
  });

  it("stays where it is while the bytes fit, and goes back a step after five windows with less than half of them", () => {
    const budget = new Budget(1_000);
    spend(budget, 3, 1_001);
    assert.equal(budget.oneIn, 4);
    spend(budget, 20, 900);
    assert.equal(budget.oneIn, 4);
    spend(budget, 5, 300);
    assert.equal(budget.oneIn, 2);
    spend(budget, 4, 300);
    spend(budget, 1, 900);
    spend(budget, 4, 300);
    assert.equal(budget.oneIn, 2);
    spend(budget, 1, 300);
    assert.equal(budget.oneIn, 1);
    assert.equal(budget.keepsBodies, false);
    spend(budget, 5, 0);
    assert.equal(budget.keepsBodies, true);
  });

  it("takes no success beyond twice the bytes of one window, and nothing beyond four times", () => {
    const budget = new Budget(1_000);
    budget.spend(2_001);
    assert.deepEqual([budget.keepsBodies, budget.hasRoomForSuccess, budget.hasRoom], [false, false, true]);
    budget.spend(2_000);
    assert.equal(budget.hasRoom, false);
    budget.endWindow();
    assert.deepEqual([budget.hasRoomForSuccess, budget.hasRoom], [true, true]);
  });
});
