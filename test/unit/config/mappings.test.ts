import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lintMappings } from "../../../src/config/problems/mapping-problems.ts";
import { load, problemsOf } from "../../support/config-folder.ts";

function fileOf(mapping: string, { timeout = 3, run = 'http: { url: "http://localhost:1" }' } = {}) {
  return {
    "busbar.yaml": `
queues: { orders: {} }
functions: { work: { ${run}, timeoutSeconds: ${timeout} } }
eventSourceMappings: { reads: { queue: orders, function: work${mapping} } }
`,
  };
}

describe("eventSourceMappings", () => {
  it("have Lambda's defaults", async () => {
    const loaded = await load(fileOf(""));
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.config.mappings.get("reads"), {
      name: "reads",
      source: { kind: "queue", queue: "orders" },
      functionName: "work",
      format: "sqs",
      batchSize: 10,
      batchWindowSeconds: 0,
      reportBatchItemFailures: false,
      filters: [],
      isEnabled: true,
    });
  });

  const wrong: readonly (readonly [mapping: string, problem: string])[] = [
    [", batchSize: 10001", "batchSize must be 1..10000"],
    [", maximumConcurrency: 1", "maximumConcurrency must be 2..1000"],
    [", filters: [{ body: order }]", "is not valid. Reason:"],
    [`, filters: [{ body: ["${"x".repeat(4_096)}"] }]`, "must have at most 4096 characters as JSON, has 4109"],
    [", format: rmq, reportBatchItemFailures: true", "is for format sqs only: records of rmq have no id"],
  ];
  for (const [mapping, problem] of wrong) {
    it(`${mapping.slice(2, 60)}: ${problem}`, async () => {
      const problems = await problemsOf(fileOf(mapping));
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.ok(problems[0]?.includes(problem), problems[0]);
    });
  }

  it("of a FIFO queue have batches of one receive and no window", async () => {
    const fifo = (mapping: string) => {
      const { "busbar.yaml": yaml } = fileOf(mapping);
      return {
        "busbar.yaml": yaml
          .replace("orders: {}", "orders.fifo: { fifo: true }")
          .replace("queue: orders", "queue: orders.fifo"),
      };
    };
    assert.ok((await load(fifo(", batchSize: 10"))).ok);
    const problems = await problemsOf(fifo(", batchSize: 11, maximumBatchingWindowInSeconds: 1"));
    assert.equal(problems.length, 2, problems.join("\n"));
    assert.match(problems[0] ?? "", /batchSize must be 1\.\.10: its queue is a FIFO queue, got 11/);
    assert.match(problems[1] ?? "", /maximumBatchingWindowInSeconds is not for FIFO queues, got 1/);
  });

  it("name a function that is called", async () => {
    const [problem] = await problemsOf(fileOf("", { run: "runtimeApi: {}" }));
    assert.match(problem ?? "", /"reads": function must name a function that is called, not one that polls/);
  });

  it("are warned of where messages are visible again while the function is at work", async () => {
    const loaded = await load(fileOf("", { timeout: 31 }));
    assert.ok(loaded.ok);
    const [warning] = lintMappings(loaded.config, loaded.mappingEntries);
    assert.match(warning?.message ?? "", /visibility timeout of 30 seconds, less than the function's timeout of 31/);
    const fine = await load(fileOf("", { timeout: 30 }));
    assert.ok(fine.ok);
    assert.deepEqual(lintMappings(fine.config, fine.mappingEntries), []);
  });
});
