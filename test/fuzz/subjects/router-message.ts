import assert from "node:assert/strict";
import type { Job } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import { TAP_EVENTS_PER_SECOND_MAX } from "../../../src/domain/tap/tap.ts";
import { describeJob, jobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { decodeTestMessage, encodeTestMessage } from "../../../src/flow/function-tests/test-message.ts";
import type { JobSign } from "../../../src/flow/jobs/job-message.ts";
import { decodeJobSign, encodeJobSign } from "../../../src/flow/jobs/job-message.ts";
import { writeJobRecord } from "../../../src/flow/jobs/job-record.ts";
import { JobTable } from "../../../src/flow/jobs/job-table.ts";
import { decodeStatusMessage, encodeStatusMessage } from "../../../src/flow/status/status-message.ts";
import type { TapMessage } from "../../../src/flow/tap/tap-message.ts";
import { decodeTapMessage, encodeTapMessage } from "../../../src/flow/tap/tap-message.ts";
import { Taps } from "../../../src/flow/tap/taps.ts";
import { LOG_RECORD_BYTES_MAX } from "../../../src/ports/broker/log.ts";
import { statusOf } from "../../support/observe/router-status.ts";
import type { Subject } from "./subject.ts";

const JOB: Job = {
  id: "job-1",
  order: { kind: "redrive", queue: "failed", filter: {}, to: "target" },
  state: "running",
  startedAtMs: 1_790_000_000_000,
  owner: { epoch: 1, id: "owner" },
  progress: {
    ...NO_PROGRESS,
    looked: 50,
    removed: 20,
    unredrivable: { target_gone: 1 },
    examples: [{ id: "d-1", reason: "target_gone", message: "it is not in the configuration" }],
    firstIds: ["d-2"],
  },
};

const DESTINATION = { destination: "function/f", circuit: "open", circuitSinceMs: 1, cause: "timeout" } as const;

const READERS = [decodeJobSign, decodeStatusMessage, decodeTestMessage, decodeTapMessage] as const;

/**
 * What any user of the broker may send to all routers. A message is of one kind at most. What a router takes over of
 * another means the same when it is written again. A job that a sign is believed about can be shown, and fits the log.
 */
export const routerMessage: Subject = {
  name: "messages between routers",
  weight: 3,
  corpus: [
    encodeJobSign({ jobId: JOB.id, epoch: 1, progress: JOB.progress, problem: "the broker is away" }),
    encodeStatusMessage({ type: "end", id: "router-1" }),
    encodeStatusMessage({
      type: "status",
      status: statusOf("router-1", {
        destinations: [{ ...DESTINATION, paused: false, callsInFlight: 1, delivered: 2, failing: 3 }],
      }),
    }),
    encodeTestMessage({ type: "began", id: "t-1" }),
    encodeTestMessage({
      type: "ended",
      id: "t-1",
      result: {
        outcome: "success",
        invoked: true,
        response: "{}",
        output: [{ stream: "stdout", line: "a" }],
        outputLeftOut: 0,
      },
    }),
    encodeTapMessage({
      type: "tap",
      id: "tap-1",
      from: "a",
      request: { bus: "default", eventsPerSecondMax: 5, isWhole: true, patternJson: "{}" },
    }),
  ],
  run(input) {
    assert.ok(READERS.filter((decode) => decode(input) !== undefined).length <= 1, "it is a message of two kinds");
    const [sign, status, tap] = [decodeJobSign(input), decodeStatusMessage(input), decodeTapMessage(input)];
    if (status !== undefined) assert.deepEqual(decodeStatusMessage(encodeStatusMessage(status)), status);
    if (sign !== undefined) {
      assert.deepEqual(decodeJobSign(encodeJobSign(sign)), sign);
      believe(sign);
    }
    if (tap?.type === "tap") hold(tap);
  },
};

function believe({ progress, problem }: JobSign): void {
  const table = new JobTable();
  table.apply({ event: "start", job: JOB }, 0);
  table.reached(JOB.id, JOB.owner.epoch, progress, problem);
  const job = table.find(JOB.id) ?? assert.fail();
  jobAnswer.parse(describeJob(job));
  assert.ok(writeJobRecord({ event: "copy", job }).length <= LOG_RECORD_BYTES_MAX, "the log does not take the job");
}

function hold(tap: Extract<TapMessage, { type: "tap" }>): void {
  const observer = { taps: () => undefined, tapEventsLost: () => undefined };
  const taps = new Taps({ redact: (json) => json, nowMs: () => 0, send: () => Promise.resolve(), observer });
  taps.hold(tap);
  const isTaken = taps.count === 1;
  const { eventsPerSecondMax } = tap.request;
  assert.ok(!isTaken || eventsPerSecondMax <= TAP_EVENTS_PER_SECOND_MAX, `${eventsPerSecondMax} events a second`);
}
