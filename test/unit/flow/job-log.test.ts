import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { JobLog } from "../../../src/flow/jobs/job-log.ts";

const JOB: Job = {
  id: "job",
  order: { kind: "purge", queue: "failed", filter: {} },
  state: "running",
  startedAtMs: 1_790_000_000_000,
  owner: { epoch: 1, id: "me" },
  progress: NO_PROGRESS,
};
const END = { state: "done", atMs: 5 } as const;

/** A log that refuses so many records first. */
function logThatRefuses(count: number, stopping = new AbortController()) {
  const stored: string[] = [];
  const waitedMs: number[] = [];
  let follower: (record: Buffer) => void = () => undefined;
  let left = count;
  const log = new SharedLog(
    {
      append: (record) => {
        if (left-- > 0) return Promise.reject(new Error("the broker is away"));
        stored.push(record.toString());
        follower(record);
        return Promise.resolve();
      },
      follow: (to) => Promise.resolve(void (follower = to)),
    },
    () => undefined,
  );
  const sleep = (ms: number): Promise<void> => Promise.resolve(void waitedMs.push(ms));
  const jobLog = new JobLog({ log, sleep }, stopping.signal);
  return { log, jobLog, stored, waitedMs };
}

describe("The log of jobs", () => {
  it("has an end that the broker did not take at first, a second later each time", async () => {
    const { log, jobLog, stored, waitedMs } = logThatRefuses(2);
    await log.start();
    assert.equal(await jobLog.progressUntilStored(() => JOB, END), true);
    assert.deepEqual(waitedMs, [1_000, 1_000]);
    assert.equal(stored.length, 1);
    assert.match(stored[0] ?? "", /"epoch":1.*"state":"done"/);
  });

  it("has none of a router that stops, nor of one that has lost the job", async () => {
    const stopping = new AbortController();
    const { jobLog, stored } = logThatRefuses(5, stopping);
    let asked = 0;
    assert.equal(await jobLog.progressUntilStored(() => (++asked > 2 ? undefined : JOB), END), false);
    stopping.abort();
    assert.equal(await jobLog.progressUntilStored(() => JOB, END), false);
    assert.deepEqual(stored, []);
  });
});
