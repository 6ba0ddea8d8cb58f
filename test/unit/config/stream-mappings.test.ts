import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load, problemsOf } from "../../support/config-folder.ts";

const REST = `
streams: { clicks: {} }
queues: { orders: {}, failed: {} }
functions: { count: { http: { url: "http://localhost:9" } } }
`;

describe("Event source mappings of streams in YAML", () => {
  it("have Lambda's defaults for streams, and what they say", async () => {
    const loaded = await load({
      "a.yaml": `${REST}
eventSourceMappings:
  plain: { stream: clicks, function: count, startingPosition: LATEST }
  full:
    stream: clicks
    function: count
    startingPosition: AT_TIMESTAMP
    startingPositionTimestamp: 2026-01-31T12:00:00Z
    batchSize: 7
    maximumBatchingWindowInSeconds: 3
    parallelizationFactor: 10
    bisectBatchOnFunctionError: true
    maximumRetryAttempts: 5
    maximumRecordAgeInSeconds: 60
    reportBatchItemFailures: true
    onFailure: { queue: failed }
`,
    });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const plain = loaded.config.mappings.get("plain");
    assert.equal(plain?.batchSize, 100);
    assert.deepEqual(plain.source, {
      kind: "stream",
      stream: "clicks",
      startingPosition: { kind: "latest" },
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      tumblingWindowSeconds: 0,
    });
    const full = loaded.config.mappings.get("full");
    assert.equal(full?.batchSize, 7);
    assert.deepEqual(full.source, {
      kind: "stream",
      stream: "clicks",
      startingPosition: { kind: "time", atMs: Date.UTC(2026, 0, 31, 12) },
      parallelizationFactor: 10,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 5,
      maximumRecordAgeSeconds: 60,
      tumblingWindowSeconds: 0,
      onFailure: "failed",
    });
  });

  it("are refused where they read two things or none, or say what is not for them", async () => {
    const problems = await problemsOf({
      "a.yaml": `${REST}
eventSourceMappings:
  both: { stream: clicks, queue: orders, function: count, startingPosition: LATEST }
  nowhere: { stream: clicks, function: count }
  never: { stream: clicks, function: count, startingPosition: AT_TIMESTAMP }
  early: { stream: clicks, function: count, startingPosition: LATEST, startingPositionTimestamp: 2026-01-31T12:00:00Z }
  young: { stream: clicks, function: count, startingPosition: LATEST, maximumRecordAgeInSeconds: 59 }
  lanes: { stream: clicks, function: count, startingPosition: LATEST, tumblingWindowInSeconds: 60, parallelizationFactor: 2 }
  queue: { queue: orders, function: count, onFailure: { queue: failed } }
`,
    });
    const expected = [
      /"both": must have exactly one of queue, stream, has queue and stream/,
      /"nowhere": must have a startingPosition: where the stream is read from/,
      /"never": missing property "startingPositionTimestamp"/,
      /"early": startingPositionTimestamp must be given with startingPosition AT_TIMESTAMP, and only with that/,
      /"young": maximumRecordAgeInSeconds must be -1 or at least 60/,
      /"lanes": parallelizationFactor must be 1 with tumbling windows/,
      /"queue": onFailure is for streams only/,
    ];
    assert.equal(problems.length, expected.length, problems.join("\n"));
    for (const [at, pattern] of expected.entries()) assert.match(problems[at]!, pattern);
  });
});
