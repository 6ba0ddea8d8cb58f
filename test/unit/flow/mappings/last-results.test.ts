import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LastResults } from "../../../../src/flow/mappings/last-results.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";

const BATCH = { mapping: "m", functionName: "f", requestId: "r", records: 3, bytes: 10 };
const FACT = { ...BATCH, outcome: { ok: true, statusCode: 200 } as const, failed: 1, startedAtMs: 1, endedAtMs: 5 };

describe("The last results of mappings", () => {
  it("count calls in flight, keep the batch that ended last, and tell the other observer", () => {
    const results = new LastResults();
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
    const results = new LastResults();
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
});
