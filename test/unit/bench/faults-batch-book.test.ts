import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BatchFacts, GivenEvent, SeenBatch } from "../../../bench/faults/batches/batch-book.ts";
import { judgeBatches } from "../../../bench/faults/batches/batch-book.ts";

/** Events such as `x1`, whose group is their first letter. */
function given(text: string): readonly GivenEvent[] {
  return text.split(" ").map((eventId) => ({ eventId, group: eventId.charAt(0) }));
}

function call(text: string, beganAtMs: number, endedAtMs: number, failed: readonly string[] = []): SeenBatch {
  return { events: given(text), beganAtMs, endedAtMs, failed: new Set(failed) };
}

/** All events were put at 0. */
function judged(calls: readonly SeenBatch[], faultsAtMs: readonly number[] = []) {
  const ids = calls.flatMap(({ events }) => events.map(({ eventId }) => eventId));
  const events: BatchFacts["events"] = new Map(ids.map((id) => [id, { putAtMs: 0 }]));
  return judgeBatches({ calls, events, faultsAtMs, sizeMax: 3 });
}

describe("the fault bench's judgement of batches", () => {
  it("An event may be called for again when it has failed", () => {
    const calls = [call("a1 a2 a3", 1, 2, ["a1"]), call("b1", 1, 2), call("a1 a4", 3, 4)];
    assert.deepEqual(judged(calls), { wrong: 0, examples: [], repeats: 0 });
  });

  it("An event that has not failed, or is in a call, is called for again only after a fault", () => {
    for (const first of [call("a1", 1, 2), call("a1", 1, 9, ["a1"])]) {
      const calls = [first, call("a1", 5, 6)];
      assert.deepEqual(judged(calls).examples, ["a1 was called for again without a fault"]);
      assert.equal(judged(calls, [6]).wrong, 1, "the fault came after it");
      assert.deepEqual(judged(calls, [3]), { wrong: 0, examples: [], repeats: 1 });
    }
  });

  it("A batch has events of one group", () => {
    assert.deepEqual(judged([call("a1 b1", 1, 2)]).examples, ["a batch had events of the groups a, b"]);
  });

  it("A batch has no event twice, and no more than it may", () => {
    assert.deepEqual(judged([call("a1 a1", 1, 2)]).examples, ["a batch had an event twice"]);
    assert.deepEqual(judged([call("a1 a2 a3 a4", 1, 2)]).examples, ["a batch had 4 events, and may have 3"]);
  });
});
