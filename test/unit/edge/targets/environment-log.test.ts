import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FunctionLine } from "../../../../src/domain/logs/log-line.ts";
import { EnvironmentLog } from "../../../../src/edge/targets/process/environment-log.ts";

const SUCCESS = { ok: true, statusCode: 200 } as const;

function started(keeps: (line: FunctionLine) => boolean = () => true) {
  const lines: FunctionLine[] = [];
  const log = new EnvironmentLog({
    fn: { name: "f", memorySize: 128 },
    logStream: "s",
    take: (line) => {
      const isKept = line.source === "platform" || keeps(line);
      if (isKept) lines.push(line);
      return isKept;
    },
    nowMs: () => 5,
  });
  const shown = () => lines.map(({ requestId, text }) => `${requestId ?? "-"} ${text.split(/[ \t]/)[0]}`);
  return { log, lines, shown };
}

describe("The log of an environment", () => {
  it("has lines from before, between and behind calls where they were written, each call's between its own", async () => {
    const { log, lines, shown } = started();
    log.wrote("stdout", "loading");
    log.ready(100);
    log.started("a");
    log.wrote("stdout", "one");
    log.ended("a", SUCCESS, 1, undefined);
    await log.settled;
    log.wrote("stderr", "background");
    log.started("b");
    log.ended("b", SUCCESS, 1, undefined);
    await log.settled;
    const ofA = ["a START", "a one", "a END", "a REPORT", "a background"];
    assert.deepEqual(shown(), ["- loading", ...ofA, "b START", "b END", "b REPORT"]);
    const reports = lines.filter(({ isLast }) => isLast).map(({ text }) => text.includes("Init Duration: 100.00 ms"));
    assert.deepEqual(reports, [true, false]);
  });

  it("says before a call's end what of it was not kept, and counts each call's bytes anew", async () => {
    const { log, lines, shown } = started(({ callBytes }) => callBytes <= 12);
    log.started("a");
    for (let n = 0; n < 4; n++) log.wrote("stdout", "12345");
    log.ended("a", SUCCESS, 1, undefined);
    await log.settled;
    log.started("b");
    log.wrote("stdout", "12345");
    log.ended("b", SUCCESS, 1, undefined);
    await log.settled;
    assert.deepEqual(shown().slice(0, 6), ["a START", "a 12345", "a 12345", "a LOGS_DROPPED", "a END", "a REPORT"]);
    assert.equal(lines[3]?.text, "LOGS_DROPPED RequestId: a\tLines: 2\tBytes: 12");
    assert.deepEqual(shown().slice(6), ["b START", "b 12345", "b END", "b REPORT"]);
  });

  it("has the report of a failed start behind what the process wrote, though its end was heard of first", async () => {
    const { log, shown } = started();
    const process = {
      pid: undefined,
      written: () => {
        log.wrote("stderr", "sorry");
        return Promise.resolve();
      },
    };
    await log.initFailed(7, { status: "timeout" }, process);
    assert.deepEqual(shown(), ["- sorry", "- INIT_REPORT"]);
  });
});
