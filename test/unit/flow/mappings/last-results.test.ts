import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LastResults } from "../../../../src/flow/mappings/last-results.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";

const RECORDS = { records: 3, recordIds: ["a", "b", "c"], bytes: 10 };
const BATCH = { mapping: "m", functionName: "f", source: "queue/q", requestId: "r", ...RECORDS };
const OUTCOME = { ok: true, statusCode: 200 } as const;
const FACT = { ...BATCH, outcome: OUTCOME, failed: 1, failedIds: ["b"], startedAtMs: 1, endedAtMs: 5 };

describe("The last results of mappings", () => {
  it("count calls in flight, keep the batch that ended last, and tell the other observer", () => {
    const results = new LastResults(() => 10_000);
    const observer = new RecordingObserver();
    const both = results.besides(observer);
    both.mappingBatchStarted(BATCH);
    both.mappingBatchStarted(BATCH);
    assert.equal(results.callsOf("m"), 2);
    assert.equal(results.of("m"), undefined);
    both.mappingBatchEnded(BATCH, FACT);
    assert.equal(results.callsOf("m"), 1);
    assert.deepEqual(results.of("m"), { atMs: 5, records: 3, failed: 1, outcome: "success" });
    assert.deepEqual(observer.events, ["batch of m failed 1"]);
  });

  it("are kept of a mapping that is gone until its calls have ended", () => {
    const results = new LastResults(() => 10_000);
    const both = results.besides(new RecordingObserver());
    both.mappingBatchStarted(BATCH);
    both.mappingBatchStarted(BATCH);
    both.mappingBatchEnded(BATCH, FACT);
    results.keep(new Set());
    assert.ok(results.of("m"));
    both.mappingBatchEnded(BATCH, undefined);
    results.keep(new Set(["m"]));
    assert.ok(results.of("m"));
    results.keep(new Set());
    assert.equal(results.of("m"), undefined);
  });

  it("say how far a stream's reader lags behind while it has partitions, the one that lags most", () => {
    const results = new LastResults(() => 10_000);
    const both = results.besides(new RecordingObserver());
    const at = (partition: string, oldestAtMs?: number): void =>
      both.mappingProgress({ mapping: "m", partition, oldestAtMs });
    const reading = (partition: string, state: "reading" | "failed" | "over"): void =>
      both.mappingReading({ mapping: "m", partition, state });
    assert.equal(results.oldestRecordAgeMs("m"), undefined);
    reading("p-0", "reading");
    assert.equal(results.oldestRecordAgeMs("m"), 0);
    at("p-0", 9_000);
    at("p-1", 4_000);
    assert.equal(results.oldestRecordAgeMs("m"), 6_000);
    reading("p-1", "failed");
    assert.equal(results.oldestRecordAgeMs("m"), 6_000, "what is in hand lags");
    at("p-1");
    assert.equal(results.oldestRecordAgeMs("m"), 1_000);
    reading("p-0", "over");
    reading("p-1", "failed");
    assert.equal(results.oldestRecordAgeMs("m"), undefined, "nobody knows");
  });
});
