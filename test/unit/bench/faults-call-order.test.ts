import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SeenCall } from "../../../bench/faults/order/call-order.ts";
import { judgeOrder } from "../../../bench/faults/order/call-order.ts";

/** A call of key "a" that succeeds for all of its events unless it is told otherwise. */
function call(numbers: readonly number[], beganAtMs: number, endedAtMs: number, succeeded = numbers.length): SeenCall {
  return { places: numbers.map((number) => ({ key: "a", number })), beganAtMs, endedAtMs, succeeded };
}

describe("the fault bench's judgement of an order of calls", () => {
  it("The order is kept by calls one after the other, with batches and with repetitions from an earlier event on", () => {
    const calls = [
      call([0], 0, 1),
      call([1, 2, 3], 1, 2),
      call([2, 3], 5, 6),
      call([4], 6, 7, 0),
      call([4], 8, 9),
      call([5], 9, 10),
    ];
    assert.deepEqual(judgeOrder(calls, [4]), { wrong: 0, examples: [], repeats: 2, overlaps: 0 });
  });

  it("An event is not called for before those before it are done", () => {
    for (const before of [call([1], 0, 1, 0), call([1], 0, 5)]) {
      const { wrong, examples } = judgeOrder([call([0], 0, 0), before, call([2], 2, 3)], [1]);
      assert.equal(wrong, 1);
      assert.deepEqual(examples, ["key a: 2 was called for before 1 was done"]);
    }
  });

  it("An event that is left out is missing in the same call, too", () => {
    assert.deepEqual(judgeOrder([call([0, 2], 0, 1)], []).examples, [
      "key a: 2 was called for before 1 was done",
      "key a: 2 was called for after 0",
    ]);
  });

  it("A repetition is followed by what comes after it, and not by what was next before it", () => {
    const calls = [call([0], 0, 1), call([1], 1, 2), call([2], 2, 3), call([0], 4, 5), call([3], 5, 6)];
    assert.deepEqual(judgeOrder(calls, [3]).examples, ["key a: 3 was called for after 0"]);
  });

  it("Calls of a key run side by side only where a fault lies between their beginnings", () => {
    const calls = [call([0], 0, 10), call([0], 5, 8)];
    assert.equal(judgeOrder(calls, [4]).overlaps, 1);
    assert.equal(judgeOrder(calls, [4]).wrong, 0);
    assert.deepEqual(judgeOrder(calls, [6]).examples, ["key a: 0 was called for beside another one of its key"]);
  });

  it("Calls of other keys are not compared", () => {
    const other = { ...call([0], 1, 9), places: [{ key: "b", number: 0 }] };
    assert.equal(judgeOrder([call([0], 0, 5), other, call([1], 6, 7)], []).wrong, 0);
  });
});
