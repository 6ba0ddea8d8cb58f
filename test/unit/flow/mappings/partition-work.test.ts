import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MappingOf, StreamSource } from "../../../../src/domain/mapping/mapping.ts";
import { PartitionWork } from "../../../../src/flow/mappings/stream/partition-work.ts";
import { ReadingState } from "../../../../src/flow/mappings/stream/reading-state.ts";
import type { StreamReader } from "../../../../src/ports/broker/streams.ts";
import { eventually } from "../../../contract/waiting.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { IDENTITY } from "../../../support/sample.ts";

const MAPPING: MappingOf<StreamSource> = {
  name: "reads",
  source: {
    kind: "stream",
    stream: "clicks",
    startingPosition: { kind: "oldest" },
    parallelizationFactor: 1,
    bisectBatchOnFunctionError: false,
    maximumRetryAttempts: -1,
    maximumRecordAgeSeconds: -1,
    tumblingWindowSeconds: 0,
  },
  functionName: "work",
  format: "kinesis",
  batchSize: 10,
  batchWindowSeconds: 0,
  reportBatchItemFailures: false,
  filters: [],
  isEnabled: true,
};
const RECORD = { offset: 0, atMs: 500, partitionKey: "k", body: Buffer.from("{}") };

/** A reading of a partition for a function that cannot be called. @param quietMs what a sleep of so long, and no other, waits for */
function workOn(read: StreamReader["read"], quietMs = Infinity) {
  const observer = new RecordingObserver();
  const progress: (number | undefined)[] = [];
  observer.mappingProgress = ({ oldestAtMs }) => void progress.push(oldestAtMs);
  const over = new AbortController();
  const forever = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const work = new PartitionWork(
    { mapping: MAPPING, origin: { identity: IDENTITY, stream: "clicks", partition: 0 }, partition: "clicks" },
    {
      broker: { publish: () => Promise.resolve(), declare: () => Promise.resolve() },
      streams: { read, end: () => Promise.resolve(undefined) },
      inFlight: { take: () => undefined, release: () => undefined },
      identity: IDENTITY,
      callee: () => undefined,
      observer,
      nowMs: () => 1_000,
      newId: () => "id",
      sleep: (ms, signal) => (ms === quietMs || ms === 1_000 ? Promise.resolve() : forever(signal)),
      noticeFreeze: () => undefined,
      abandon: over.signal,
      leave: over.signal,
      onError: (_where, error) => assert.fail(String(error)),
    },
    { from: { kind: "oldest" } },
    new ReadingState({ mapping: "reads", partition: "clicks", observer }),
    () => undefined,
  );
  return { observer, progress, over, running: work.run(over.signal) };
}

describe("The reading of a partition", () => {
  it("tells that it fails, and that it reads again once a record comes, which lags behind until it is finished", async () => {
    let reads = 0;
    const { observer, progress, over, running } = workOn(async (_stream, _start, listener, signal) => {
      if (++reads <= 3) throw new Error("there is no such stream");
      await listener([RECORD]);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    });
    await eventually("a record has come", () => progress.includes(RECORD.atMs));
    assert.deepEqual(observer.events, ["reads failed", "reads failed", "reads failed", "reads reading"]);
    over.abort();
    await running;
  });

  it("tells that it reads after five seconds in which nothing came and nothing failed", async () => {
    const { observer, over, running } = workOn(
      (_stream, _start, _listener, signal) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
      5_000,
    );
    await eventually("it is told", () => observer.events.includes("reads reading"));
    over.abort();
    await running;
  });
});
