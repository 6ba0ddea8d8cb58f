import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import { decodeJobSign, encodeJobSign } from "../../../src/flow/jobs/job-message.ts";
import { boundedProgress, readJobRecord, writeJobRecord } from "../../../src/flow/jobs/job-record.ts";
import { parseJson } from "../../../src/json/json.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import { LOG_RECORD_BYTES_MAX } from "../../../src/ports/broker/log.ts";

/** What anybody may give a message for an id: JSON writes each of its characters with six bytes. */
const HOSTILE = "\u0001".repeat(2_000);

const JOB: Job = {
  id: "job",
  order: {
    kind: "redrive",
    queue: "failed",
    // As long as the admin API takes them.
    filter: { id: HOSTILE.slice(0, 1_024), rule: HOSTILE.slice(0, 1_024), target: HOSTILE.slice(0, 1_024) },
    to: "target",
  },
  state: "running",
  startedAtMs: 1_790_000_000_000,
  owner: { epoch: 3, id: "owner", router: "router" },
  progress: NO_PROGRESS,
};

const hostileProgress = {
  ...NO_PROGRESS,
  unredrivable: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}${HOSTILE}`, n])),
  examples: Array.from({ length: 100 }, () => ({ id: HOSTILE, reason: HOSTILE, message: "ü".repeat(2_000) })),
  firstIds: Array.from({ length: 100 }, () => HOSTILE),
};

const read = (record: Buffer) => readJobRecord(parseJson(record.toString()) as JsonObject);

describe("Records of jobs", () => {
  it("fit the control log whatever ids and errors their letters have", () => {
    const progress = boundedProgress(hostileProgress);
    const record = writeJobRecord({ event: "copy", job: { ...JOB, progress } });
    assert.ok(record.length <= LOG_RECORD_BYTES_MAX, `${record.length} bytes`);
    assert.deepEqual(read(record), { event: "copy", job: { ...JOB, progress } });
    assert.deepEqual([progress.examples.length, progress.firstIds.length], [20, 20]);
    assert.equal(progress.examples[0]?.message, "ü".repeat(128));
    assert.deepEqual(boundedProgress(progress), progress);
  });

  it("keep ordinary texts as they are", () => {
    const progress = {
      ...NO_PROGRESS,
      looked: 3,
      unredrivable: { target_gone: 1 },
      examples: [{ id: "d-1", reason: "target_gone", message: 'function "f" is not in the configuration' }],
      firstIds: ["5b0173e0-cb0b-4769-95a2-165fc50c2130"],
    };
    assert.deepEqual(boundedProgress(progress), progress);
  });

  it("say of a take-over how far the job is, and are read without that from an earlier version", () => {
    const { owner, progress } = JOB;
    assert.deepEqual(read(writeJobRecord({ event: "own", jobId: "job", owner, progress })), {
      event: "own",
      jobId: "job",
      owner,
      progress,
    });
    assert.deepEqual(readJobRecord({ event: "own", jobId: "job", owner: { epoch: 3 } }), {
      event: "own",
      jobId: "job",
      owner: { epoch: 3 },
    });
  });

  it("hold a replay, with as many rules as it may have and how far it is", () => {
    const order = {
      kind: "replay",
      name: "n".repeat(64),
      archive: "a".repeat(48),
      bus: "b".repeat(256),
      fromMs: 1_000,
      toMs: 2_000,
      rules: Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(64, "r")),
      description: HOSTILE.slice(0, 512),
    } as const;
    const progress = { ...NO_PROGRESS, place: { end: 9, minute: -5, position: 3, lastTimeMs: -1_000 } };
    const record = writeJobRecord({ event: "copy", job: { ...JOB, order, progress: boundedProgress(progress) } });
    assert.ok(record.length < LOG_RECORD_BYTES_MAX, String(record.length));
    assert.deepEqual(read(record), { event: "copy", job: { ...JOB, order, progress } });
    const tooMany = { ...JOB, order: { ...order, rules: [...order.rules, "more"] } };
    for (const wrong of [tooMany, { ...JOB, order: { ...order, toMs: 2_001 } }])
      assert.equal(read(writeJobRecord({ event: "start", job: wrong })), undefined);
  });

  it("are not read where a count is no count, or a time no time", () => {
    const change = (progress: JsonObject) => ({
      event: "progress",
      jobId: "job",
      epoch: 1,
      progress: { ...(NO_PROGRESS as unknown as JsonObject), ...progress },
    });
    assert.ok(readJobRecord(change({})));
    for (const looked of [-1, 1.5, "1", null]) assert.equal(readJobRecord(change({ looked })), undefined);
    const job = JSON.parse(JSON.stringify(JOB)) as JsonObject;
    assert.ok(readJobRecord({ event: "start", job }));
    assert.equal(readJobRecord({ event: "start", job: { ...job, startedAtMs: 9e15 } }), undefined);
  });
});

describe("Signs of jobs", () => {
  it("are bounded by who hears them, and undefined for anything else", () => {
    const sign = { jobId: "job", epoch: 1, progress: hostileProgress, problem: HOSTILE };
    const heard = decodeJobSign(encodeJobSign(sign)) ?? assert.fail();
    assert.deepEqual(heard.progress, boundedProgress(hostileProgress));
    assert.equal(heard.problem?.length, 85);
    const bytes = encodeJobSign({ jobId: "job", epoch: 1, progress: NO_PROGRESS });
    assert.deepEqual(decodeJobSign(bytes)?.progress, NO_PROGRESS);
    assert.equal(decodeJobSign(bytes.subarray(1)), undefined);
    assert.equal(decodeJobSign(bytes.subarray(0, -1)), undefined);
  });
});
