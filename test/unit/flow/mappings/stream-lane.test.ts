import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type {
  LaneRecord,
  LaneResult,
  LaneSettings,
  LaneStep,
} from "../../../../src/flow/mappings/stream/stream-lane.ts";
import { StreamLane } from "../../../../src/flow/mappings/stream/stream-lane.ts";

const SETTINGS: LaneSettings = {
  batchSize: 10,
  batchBytesMax: 1_000,
  batchWindowMs: 0,
  bisects: false,
  retriesMax: Infinity,
  ageMsMax: Infinity,
  tumblingWindowMs: 0,
};

const FAILED: LaneResult = { kind: "failed" };
const DONE: LaneResult = { kind: "done" };

function record(offset: number, changes: Partial<LaneRecord> = {}): LaneRecord {
  return { offset, atMs: 0, partitionKey: "k", json: "{}", bytes: 10, readAtMs: 0, ...changes };
}

function laneOf(settings: Partial<LaneSettings>, ...records: readonly LaneRecord[]): StreamLane {
  const lane = new StreamLane({ ...SETTINGS, ...settings });
  for (const each of records) lane.add(each);
  return lane;
}

/** A step as the tests compare it: what it is, and the places of its records. */
function shown(step: LaneStep): readonly unknown[] {
  if (step.kind === "wait") return ["wait", step.untilMs];
  const offsets = step.records.map(({ offset }) => offset);
  return step.kind === "call" ? ["call", step.attempt, offsets] : ["give up", step.condition, step.calls, offsets];
}

function offsets(count: number): readonly LaneRecord[] {
  return Array.from({ length: count }, (_, n) => record(n));
}

describe("The lane of a stream", () => {
  it("calls with what is there, a batch after the other, one at a time", () => {
    const lane = laneOf({ batchSize: 2 }, ...offsets(3));
    assert.deepEqual(shown(lane.next(0)), ["call", 1, [0, 1]]);
    assert.deepEqual(shown(lane.next(0)), ["wait", Infinity]);
    assert.equal(lane.lowest, 0);
    lane.called(DONE, 0);
    assert.equal(lane.lowest, 2);
    assert.deepEqual(shown(lane.next(0)), ["call", 1, [2]]);
    lane.called(DONE, 0);
    assert.deepEqual([lane.lowest, lane.bytes], [undefined, 0]);
    assert.deepEqual(shown(lane.next(0)), ["wait", Infinity]);
  });

  it("collects a batch for its window, unless its records or bytes fill it before", () => {
    const lane = laneOf(
      { batchWindowMs: 500, batchSize: 3 },
      record(0, { readAtMs: 100 }),
      record(1, { readAtMs: 300 }),
    );
    assert.deepEqual(shown(lane.next(400)), ["wait", 600]);
    lane.add(record(2, { readAtMs: 450 }));
    assert.deepEqual(shown(lane.next(450)), ["call", 1, [0, 1, 2]]);
    const large = laneOf({ batchWindowMs: 500 }, record(0, { bytes: 900 }), record(1, { bytes: 200 }));
    assert.deepEqual(shown(large.next(0)), ["call", 1, [0]]);
    large.called(DONE, 0);
    assert.deepEqual(shown(large.next(500)), ["call", 1, [1]]);
  });

  it("tries a failed batch again and again with waits that double, before anything behind it", () => {
    const lane = laneOf({ batchSize: 1 }, ...offsets(2));
    let nowMs = 0;
    for (const [attempt, waitMs] of [1_000, 2_000, 4_000].entries()) {
      assert.deepEqual(shown(lane.next(nowMs)), ["call", attempt + 1, [0]]);
      lane.called(FAILED, nowMs);
      assert.deepEqual(shown(lane.next(nowMs)), ["wait", nowMs + waitMs]);
      nowMs += waitMs;
    }
    assert.equal(lane.lowest, 0);
  });

  it("gives a batch up after its retries, and holds its place until it is where it belongs", () => {
    const lane = laneOf({ retriesMax: 1, batchSize: 2 }, ...offsets(3));
    lane.next(0);
    lane.called(FAILED, 0);
    lane.next(1_000);
    lane.called(FAILED, 1_000);
    assert.deepEqual(shown(lane.next(1_000)), ["give up", "RetryAttemptsExhausted", 2, [0, 1]]);
    assert.equal(lane.lowest, 0);
    lane.undone();
    assert.deepEqual(shown(lane.next(1_000)), ["give up", "RetryAttemptsExhausted", 2, [0, 1]]);
    lane.gaveUp();
    assert.deepEqual(shown(lane.next(1_000)), ["call", 1, [2]]);
  });

  it("counts no call that did not reach the function", () => {
    const lane = laneOf({ retriesMax: 0 }, record(0));
    for (const nowMs of [0, 1_000, 3_000]) {
      assert.deepEqual(shown(lane.next(nowMs)), ["call", 1, [0]]);
      lane.called({ kind: "unreached" }, nowMs);
    }
    assert.deepEqual(shown(lane.next(7_000)), ["call", 1, [0]]);
    lane.called(FAILED, 7_000);
    assert.deepEqual(shown(lane.next(7_000)), ["give up", "RetryAttemptsExhausted", 1, [0]]);
  });

  it("halves a failed batch, the first half first, until one record is left; halving is no retry", () => {
    const lane = laneOf({ bisects: true, retriesMax: 0 }, ...offsets(4));
    const calls: unknown[] = [];
    for (let nowMs = 0; lane.lowest !== undefined; nowMs += 60_000) {
      const step = lane.next(nowMs);
      calls.push(shown(step));
      if (step.kind === "give-up") lane.gaveUp();
      else if (step.kind === "call")
        lane.called(step.records.some(({ offset }) => offset === 1) ? FAILED : DONE, nowMs);
    }
    assert.deepEqual(calls, [
      ["call", 1, [0, 1, 2, 3]],
      ["call", 1, [0, 1]],
      ["call", 1, [0]],
      ["call", 1, [1]],
      ["give up", "RetryAttemptsExhausted", 1, [1]],
      ["call", 1, [2, 3]],
    ]);
  });

  it("begins again at the lowest record that failed, with what came behind it, and each retry counts", () => {
    const lane = laneOf({ retriesMax: 3 }, ...offsets(10));
    for (const [attempt, offset] of [7, 8, 9, 9].entries()) {
      const nowMs = attempt * 60_000;
      assert.equal(lane.next(nowMs).kind, "call");
      lane.called({ kind: "failed-from", offset }, nowMs);
      assert.equal(lane.lowest, offset);
    }
    assert.deepEqual(shown(lane.next(240_000)), ["give up", "RetryAttemptsExhausted", 4, [9]]);
  });

  it("gives up records that are too old before a call, and calls with the rest", () => {
    const lane = laneOf(
      { ageMsMax: 60_000 },
      record(0, { atMs: 0 }),
      record(1, { atMs: 50_000 }),
      record(2, { atMs: 100 }),
    );
    assert.deepEqual(shown(lane.next(60_200)), ["give up", "RecordAgeExceeded", 0, [0, 2]]);
    lane.gaveUp();
    assert.deepEqual(shown(lane.next(60_200)), ["call", 1, [1]]);
    lane.called(FAILED, 60_200);
    assert.deepEqual(shown(lane.next(120_000)), ["give up", "RecordAgeExceeded", 1, [1]]);
  });
});

describe("The lane of a stream with tumbling windows", () => {
  const WINDOWS = { tumblingWindowMs: 10_000 };
  const at = (offset: number, atMs: number): LaneRecord => record(offset, { atMs });
  const windowOf = (step: LaneStep) => (step.kind === "call" ? step.window : undefined);

  it("carries the state from call to call, and ends each window by a final call", () => {
    const lane = laneOf(WINDOWS, at(0, 21_000), at(1, 29_000), at(2, 31_000));
    const first = lane.next(31_000);
    assert.deepEqual(shown(first), ["call", 1, [0, 1]]);
    const window = { startMs: 20_000, endMs: 30_000, state: "{}", isFinal: false, isEarly: false };
    assert.deepEqual(windowOf(first), window);
    lane.called({ kind: "done", state: '{"n":2}' }, 31_000);
    assert.deepEqual(lane.window, { startMs: 20_000, state: '{"n":2}' });
    assert.equal(lane.lowest, 2);
    const final = lane.next(31_000);
    assert.deepEqual(shown(final), ["call", 1, []]);
    assert.deepEqual(windowOf(final), { ...window, state: '{"n":2}', isFinal: true });
    lane.called(FAILED, 31_000);
    assert.deepEqual(shown(lane.next(31_000)), ["wait", 32_000], "tried until it succeeds");
    lane.next(32_000);
    lane.called({ kind: "done", state: "{}" }, 32_000);
    const next = lane.next(32_000);
    assert.deepEqual([shown(next), windowOf(next)?.startMs, windowOf(next)?.state], [["call", 1, [2]], 30_000, "{}"]);
  });

  it("ends a window by the clock where nothing comes, and takes a record that is late into the open one", () => {
    const lane = laneOf(WINDOWS, at(0, 21_000));
    lane.next(21_000);
    lane.called({ kind: "done", state: "1" }, 21_000);
    assert.deepEqual(shown(lane.next(25_000)), ["wait", 31_000]);
    lane.add(at(1, 19_000));
    const late = lane.next(26_000);
    assert.deepEqual([shown(late), windowOf(late)?.startMs], [["call", 1, [1]], 20_000]);
    lane.called({ kind: "done", state: "2" }, 26_000);
    const final = lane.next(31_000);
    assert.deepEqual([shown(final), windowOf(final)?.isFinal, windowOf(final)?.state], [["call", 1, []], true, "2"]);
    lane.called({ kind: "done", state: "{}" }, 31_000);
    assert.deepEqual([lane.window, shown(lane.next(31_000))], [undefined, ["wait", Infinity]]);
  });

  it("goes on with the window that was open where somebody else stopped", () => {
    const lane = new StreamLane({ ...SETTINGS, ...WINDOWS }, { startMs: 20_000, state: '{"n":7}' });
    lane.add(at(9, 22_000));
    assert.equal(windowOf(lane.next(22_000))?.state, '{"n":7}');
  });

  it("ends a window early whose state is too long to be kept, and finishes its records only then", () => {
    const lane = laneOf(WINDOWS, at(5, 21_000), at(6, 22_000));
    const long = JSON.stringify("x".repeat(1_100_000));
    lane.next(22_000);
    lane.called({ kind: "done", state: long }, 22_000);
    assert.equal(lane.lowest, 5);
    const final = windowOf(lane.next(22_000));
    assert.deepEqual([final?.isFinal, final?.isEarly, final?.state === long], [true, true, true]);
    lane.called({ kind: "done", state: "{}" }, 22_000);
    assert.deepEqual([lane.lowest, lane.window], [undefined, { startMs: 20_000, state: "{}" }]);
  });
});
