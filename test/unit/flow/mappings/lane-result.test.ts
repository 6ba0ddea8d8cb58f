import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { kinesisEvent, sequenceNumber } from "../../../../src/flow/mappings/stream/kinesis-event.ts";
import { laneResult } from "../../../../src/flow/mappings/stream/lane-result.ts";
import type { LaneRecord } from "../../../../src/flow/mappings/stream/stream-lane.ts";
import { IDENTITY } from "../../../support/sample.ts";

const RECORDS: readonly LaneRecord[] = [7, 8, 9].map((offset) => {
  return { offset, atMs: 0, partitionKey: "k", json: `{"n":${offset}}`, bytes: 7, readAtMs: 0 };
});

function answered(answer: unknown): Outcome {
  return { ok: true, statusCode: 200, responseJson: JSON.stringify(answer) };
}

function failed(reason: "function_error" | "server_error" | "throttled", statusCode?: number): Outcome {
  return { ok: false, reason, message: "no", ...(statusCode === undefined ? {} : { statusCode }) };
}

function resultOf(outcome: Outcome, how: { reportsFailures?: boolean; hasWindow?: boolean } = {}) {
  return laneResult(outcome, { records: RECORDS, reportsFailures: false, hasWindow: false, ...how });
}

function failuresOf(...offsets: readonly number[]) {
  return { batchItemFailures: offsets.map((offset) => ({ itemIdentifier: sequenceNumber(offset) })) };
}

describe("The outcome of a call with a stream's records", () => {
  it("begins again at the lowest sequence number that failed, where failures are reported", () => {
    const reported = answered(failuresOf(9, 8));
    assert.deepEqual(resultOf(reported, { reportsFailures: true }), { kind: "failed-from", offset: 8 });
    assert.deepEqual(resultOf(reported), { kind: "done" });
    assert.deepEqual(resultOf(answered(failuresOf()), { reportsFailures: true }), { kind: "done" });
    assert.deepEqual(resultOf(answered(failuresOf(10)), { reportsFailures: true }), { kind: "failed" });
    assert.deepEqual(resultOf(answered(failuresOf(7, 8, 9)), { reportsFailures: true }), { kind: "failed" });
  });

  it("is a failure of the function, or a call that did not reach it", () => {
    assert.deepEqual(resultOf(failed("function_error")), { kind: "failed" });
    assert.deepEqual(resultOf(failed("server_error", 500)), { kind: "failed" });
    assert.deepEqual(resultOf(failed("server_error", 503)), { kind: "unreached" });
    assert.deepEqual(resultOf(failed("throttled", 429)), { kind: "unreached" });
  });

  it("must have a state where there are tumbling windows", () => {
    assert.deepEqual(resultOf(answered({ state: { n: 1 } }), { hasWindow: true }), { kind: "done", state: '{"n":1}' });
    assert.deepEqual(resultOf(answered({}), { hasWindow: true }), { kind: "failed" });
    const both = answered({ ...failuresOf(9), state: { n: 2 } });
    const result = resultOf(both, { hasWindow: true, reportsFailures: true });
    assert.deepEqual(result, { kind: "failed-from", offset: 9, state: '{"n":2}' });
  });
});

describe("The event of a stream's records", () => {
  it("has the window, the state and the shard where there are tumbling windows", () => {
    const window = { startMs: 120_000, endMs: 240_000, state: '{"n":1}', isFinal: true, isEarly: false };
    const origin = { identity: IDENTITY, stream: "clicks", partition: 3 };
    assert.deepEqual(JSON.parse(kinesisEvent(RECORDS, undefined, origin)), { Records: [{ n: 7 }, { n: 8 }, { n: 9 }] });
    assert.deepEqual(JSON.parse(kinesisEvent([], window, origin)), {
      Records: [],
      state: { n: 1 },
      window: { start: "1970-01-01T00:02:00Z", end: "1970-01-01T00:04:00Z" },
      shardId: "shardId-000000000003",
      eventSourceARN: `arn:aws:kinesis:${IDENTITY.region}:${IDENTITY.accountId}:stream/clicks`,
      isFinalInvokeForWindow: true,
      isWindowTerminatedEarly: false,
    });
  });
});
