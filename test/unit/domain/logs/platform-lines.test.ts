import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionError, sandboxFailure, sandboxTimeout } from "../../../../src/domain/failure/lambda-failure.ts";
import type { CallReport, PlatformEvent } from "../../../../src/domain/logs/platform-lines.ts";
import { callEndOf, platformLine } from "../../../../src/domain/logs/platform-lines.ts";

const AT_MS = Date.parse("2026-01-02T03:04:05.678Z");
const REPORT: CallReport = {
  durationMs: 1.874,
  memorySize: 128,
  maxMemoryUsed: 30,
  initMs: undefined,
  end: { status: "success" },
};

function text(event: PlatformEvent): string {
  return platformLine(event, "Text", AT_MS);
}

function report(changes: Partial<CallReport>): string {
  return text({ kind: "report", requestId: "ID", report: { ...REPORT, ...changes } });
}

describe("A line around a call", () => {
  it("has Lambda's text, with its tabs", () => {
    assert.equal(text({ kind: "start", requestId: "ID", version: "$LATEST" }), "START RequestId: ID Version: $LATEST");
    assert.equal(text({ kind: "end", requestId: "ID" }), "END RequestId: ID");
    assert.equal(
      report({ initMs: 107.14 }),
      "REPORT RequestId: ID\tDuration: 1.87 ms\tBilled Duration: 110 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB\tInit Duration: 107.14 ms\t",
    );
    assert.equal(
      report({ maxMemoryUsed: undefined, end: { status: "timeout" } }),
      "REPORT RequestId: ID\tDuration: 1.87 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tStatus: timeout",
    );
    assert.match(
      report({ end: { status: "error", errorType: "Runtime.ExitError" } }),
      /\tStatus: error\tError Type: Runtime\.ExitError$/,
    );
    assert.match(report({ end: { status: "failure", errorType: "ValueError" } }), /MB\t$/);
    assert.equal(
      text({ kind: "initReport", initMs: 9_999.81, end: { status: "timeout" } }),
      "INIT_REPORT Init Duration: 9999.81 ms\tPhase: init\tStatus: timeout",
    );
  });

  it("is an object of Lambda's telemetry where the function's format is JSON", () => {
    const json = (event: PlatformEvent): unknown => JSON.parse(platformLine(event, "JSON", AT_MS));
    const time = "2026-01-02T03:04:05.678Z";
    assert.deepEqual(json({ kind: "start", requestId: "ID", version: "3" }), {
      time,
      type: "platform.start",
      record: { requestId: "ID", version: "3" },
    });
    assert.deepEqual(json({ kind: "report", requestId: "ID", report: { ...REPORT, initMs: 2 } }), {
      time,
      type: "platform.report",
      record: {
        requestId: "ID",
        status: "success",
        metrics: { durationMs: 1.874, billedDurationMs: 4, memorySizeMB: 128, maxMemoryUsedMB: 30, initDurationMs: 2 },
      },
    });
    assert.deepEqual(json({ kind: "dropped", requestId: "ID", lines: 2, bytes: 30 }), {
      time,
      type: "platform.logsDropped",
      record: { requestId: "ID", droppedRecords: 2, droppedBytes: 30 },
    });
  });

  it("tells what the environment failed at from what the function reported", () => {
    assert.deepEqual(callEndOf({ ok: true, statusCode: 200 }), { status: "success" });
    assert.deepEqual(callEndOf(sandboxTimeout("ID", 3_000)), { status: "timeout" });
    assert.deepEqual(callEndOf(sandboxFailure("function_error", "Runtime.ExitError", "ID", "it exited")), {
      status: "error",
      errorType: "Runtime.ExitError",
    });
    const raised = functionError(Buffer.from('{"errorType":"ValueError","errorMessage":"no"}'));
    assert.deepEqual(callEndOf(raised), { status: "failure", errorType: "ValueError" });
  });
});
