import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createObservation } from "../../../../src/edge/observe/observation.ts";
import { load } from "../../../support/config-folder.ts";

const CONFIG = `
queues: { orders: {} }
functions: { work: { http: { url: "http://localhost:1" } } }
eventSourceMappings: { reads: { queue: orders, function: work } }
`;
const BATCH = {
  mapping: "reads",
  functionName: "work",
  source: "queue/orders",
  requestId: "r",
  records: 3,
  recordIds: ["a", "b", "c"],
  bytes: 10,
};

describe("The metrics of event source mappings", () => {
  it("count records, batches by their outcome, failures, and calls in flight", async () => {
    const loaded = await load({ "busbar.yaml": CONFIG });
    assert.ok(loaded.ok);
    const observation = createObservation({ logLevel: "silent", ruleMetrics: false });
    observation.follow(loaded.config);
    const lineOf = async (start: string) =>
      (await observation.metrics()).body.split("\n").find((line) => line.startsWith(start));
    assert.equal(
      await lineOf('busbar_mapping_batches_total{mapping="reads",outcome="timeout"}'),
      'busbar_mapping_batches_total{mapping="reads",outcome="timeout"} 0',
    );
    const { observer } = observation;
    observer.mappingRead({ mapping: "reads", records: 5, filtered: 2 });
    observer.mappingBatchStarted(BATCH);
    observer.mappingBatchStarted(BATCH);
    assert.match((await lineOf("busbar_mapping_calls_in_flight{")) ?? "", / 2$/);
    assert.match((await lineOf("busbar_function_invocations_in_flight{")) ?? "", / 2$/);
    const outcome = { ok: true, statusCode: 200 } as const;
    observer.mappingBatchEnded(BATCH, {
      ...BATCH,
      outcome,
      failed: 1,
      failedIds: ["b"],
      startedAtMs: 0,
      endedAtMs: 2_000,
    });
    observer.mappingBatchEnded(BATCH, undefined);
    assert.match((await lineOf("busbar_mapping_records_read_total{")) ?? "", / 5$/);
    assert.match((await lineOf("busbar_mapping_records_filtered_total{")) ?? "", / 2$/);
    assert.match((await lineOf("busbar_mapping_records_failed_total{")) ?? "", / 4$/);
    assert.match((await lineOf('busbar_mapping_batches_total{mapping="reads",outcome="success"}')) ?? "", / 1$/);
    assert.match((await lineOf('busbar_mapping_batches_total{mapping="reads",outcome="left"}')) ?? "", / 1$/);
    assert.match((await lineOf("busbar_mapping_batch_duration_seconds_sum{")) ?? "", / 2$/);
    assert.match((await lineOf("busbar_mapping_calls_in_flight{")) ?? "", / 0$/);
  });

  it("say how far streams lag behind at this router, and count what is given up", async () => {
    const loaded = await load({ "busbar.yaml": CONFIG });
    assert.ok(loaded.ok);
    const observation = createObservation({ logLevel: "silent", ruleMetrics: false, epochMs: () => 10_000 });
    observation.follow(loaded.config);
    const linesOf = async (start: string) =>
      (await observation.metrics()).body.split("\n").filter((line) => line.startsWith(start));
    const age = "busbar_mapping_iterator_age_seconds{";
    const ageOf = (seconds: number) => [`${age}mapping="reads"} ${seconds}`];
    assert.deepEqual(await linesOf(age), ageOf(0));
    const { observer } = observation;
    const of = { mapping: "reads", partition: "clicks" };
    observer.mappingProgress({ ...of, oldestAtMs: 7_500 });
    observer.mappingProgress({ ...of, mapping: "unknown", oldestAtMs: 0 });
    assert.deepEqual(await linesOf(age), ageOf(2.5));
    observer.mappingReading({ ...of, state: "over" });
    assert.deepEqual(await linesOf(age), ageOf(0));
    observer.mappingGaveUp({ mapping: "reads", records: 3, condition: "RecordAgeExceeded" });
    assert.deepEqual(await linesOf("busbar_mapping_records_given_up_total{"), [
      'busbar_mapping_records_given_up_total{mapping="reads",condition="RetryAttemptsExhausted"} 0',
      'busbar_mapping_records_given_up_total{mapping="reads",condition="RecordAgeExceeded"} 3',
    ]);
  });
});
