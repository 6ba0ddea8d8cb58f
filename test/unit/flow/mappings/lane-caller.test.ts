import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Callee } from "../../../../src/flow/functions/callee.ts";
import { LaneCaller } from "../../../../src/flow/mappings/stream/lane-caller.ts";
import { StreamLane } from "../../../../src/flow/mappings/stream/stream-lane.ts";

/** Neither retries nor the age of records have a limit. */
const FOR_EVER = -1;
const SETTINGS = {
  batchSize: 1,
  batchBytesMax: 1_000,
  batchWindowMs: 0,
  bisects: false,
  retriesMax: Infinity,
  ageMsMax: Infinity,
  tumblingWindowMs: 0,
};
const MAPPING = {
  name: "clicks-to-count",
  functionName: "count",
  format: "kinesis",
  batchSize: 1,
  batchWindowSeconds: 0,
  reportBatchItemFailures: false,
  filters: [],
  isEnabled: true,
  source: {
    kind: "stream",
    stream: "clicks",
    startingPosition: { kind: "oldest" },
    parallelizationFactor: 1,
    bisectBatchOnFunctionError: false,
    maximumRetryAttempts: FOR_EVER,
    maximumRecordAgeSeconds: FOR_EVER,
    tumblingWindowSeconds: 0,
  },
} as const;

/** A lane with three records, each of which is a call that succeeds. */
function world(over: AbortController, noticeFreeze: () => void) {
  const called: number[] = [];
  const lane = new StreamLane(SETTINGS);
  for (const offset of [0, 1, 2])
    lane.add({ offset, atMs: 0, partitionKey: "k", json: String(offset), bytes: 1, readAtMs: 0 });
  const callee = new Callee({
    destination: { kind: "function", name: "count" },
    concurrency: 1,
    invoker: {
      invoke: ({ payload }) => {
        const { Records } = JSON.parse(payload.toString()) as { readonly Records: readonly number[] };
        called.push(...Records);
        return Promise.resolve({ ok: true, statusCode: 200 });
      },
      close: () => Promise.resolve(),
    },
    circuitBreaker: undefined,
    isPaused: false,
    sleep: () => Promise.resolve(),
    onCircuit: () => undefined,
    onChange: () => undefined,
  });
  const identity = { accountId: "000000000000", region: "us-east-1" };
  const options = { mapping: MAPPING, origin: { identity, stream: "clicks", partition: 0 }, partition: "clicks" };
  const deps = {
    // Nothing is given up here.
    broker: { declare: () => Promise.resolve(), publish: () => Promise.resolve() },
    identity,
    callee: () => callee,
    observer: {
      mappingRead: () => undefined,
      mappingReading: () => undefined,
      mappingProgress: () => undefined,
      mappingBatchStarted: () => undefined,
      mappingBatchEnded: () => undefined,
      mappingGaveUp: () => undefined,
    },
    nowMs: () => 0,
    newId: () => "id",
    sleep: () => Promise.resolve(),
    noticeFreeze,
    abandon: new AbortController().signal,
    leave: new AbortController().signal,
    onError: (_where: string, error: unknown) => assert.fail(String(error)),
  };
  const onSettled = (): void => (lane.lowest === undefined ? over.abort() : undefined);
  return { called, lane, caller: new LaneCaller(lane, options, deps, onSettled) };
}

describe("The caller of a stream's lane", () => {
  it("calls for one record after the other", async () => {
    const over = new AbortController();
    const { called, caller } = world(over, () => undefined);
    await caller.run(over.signal);
    assert.deepEqual(called, [0, 1, 2]);
  });

  it("begins no call when the router was frozen, and has not finished what it was about to call for", async () => {
    const over = new AbortController();
    let looks = 0;
    const { called, lane, caller } = world(over, () => (++looks === 2 ? over.abort() : undefined));
    await caller.run(over.signal);
    assert.deepEqual(called, [0]);
    assert.equal(lane.lowest, 1);
  });
});
