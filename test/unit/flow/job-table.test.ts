import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import type { JobRecord } from "../../../src/flow/jobs/job-record.ts";
import { readJobRecord } from "../../../src/flow/jobs/job-record.ts";
import { JobTable, newJob } from "../../../src/flow/jobs/job-table.ts";
import type { JsonObject } from "../../../src/json/json.ts";

const STARTED_AT_MS = 1_790_000_000_000;

function jobOf(id: string, queue = `queue of ${id}`): Job {
  const begun = { id, ratePerSecond: 5, startedAtMs: STARTED_AT_MS, startedBy: "ada" };
  return newJob({ kind: "purge", queue, filter: {} }, begun, { id: "first", router: "one" });
}

const progressOf = (removed: number) => ({ ...NO_PROGRESS, removed });

function tableOf(...records: readonly JobRecord[]): JobTable {
  const table = new JobTable();
  for (const [index, record] of records.entries()) table.apply(record, index + 1);
  return table;
}

const start = (job: Job): JobRecord => ({ event: "start", job });
const own = (epoch: number, id: string, removed?: number): JobRecord => ({
  event: "own",
  jobId: "a",
  owner: { epoch, id },
  ...(removed === undefined ? {} : { progress: progressOf(removed) }),
});
const progress = (epoch: number, removed: number): JobRecord => {
  return { event: "progress", jobId: "a", epoch, progress: progressOf(removed) };
};
const ended = (jobId: string, atMs: number): JobRecord => {
  return { event: "progress", jobId, epoch: 1, progress: NO_PROGRESS, end: { state: "done", atMs } };
};
const change = (state: "running" | "paused" | "stopping"): JobRecord => ({
  event: "change",
  id: state,
  jobId: "a",
  state,
});

describe("The table of jobs", () => {
  it("gives a job to the first of two routers that take it over with one number", () => {
    const table = tableOf(start(jobOf("a")), own(2, "second", 7), own(2, "third", 5));
    assert.deepEqual([table.find("a")?.owner.id, table.find("a")?.progress.removed], ["second", 7]);
    table.apply(own(3, "fourth"), 9);
    assert.deepEqual([table.find("a")?.owner.id, table.find("a")?.progress.removed], ["fourth", 7]);
  });

  it("does not count what a former owner says, in the log or by a sign", () => {
    const table = tableOf(start(jobOf("a")), own(2, "second"), progress(2, 10), progress(1, 99));
    table.reached("a", 1, progressOf(98), undefined);
    assert.equal(table.find("a")?.progress.removed, 10);
    table.reached("a", 2, progressOf(11), "away");
    assert.deepEqual([table.find("a")?.progress.removed, table.find("a")?.problem], [11, "away"]);
  });

  it("neither pauses nor resumes a job that stops, and leaves its rate when it is paused", () => {
    const table = tableOf(start(jobOf("a")), change("paused"));
    assert.deepEqual([table.find("a")?.state, table.find("a")?.ratePerSecond], ["paused", 5]);
    for (const state of ["stopping", "paused", "running"] as const) table.apply(change(state), 9);
    assert.equal(table.find("a")?.state, "stopping");
  });

  it("changes nothing of a job that has ended", () => {
    const table = tableOf(start(jobOf("a")), ended("a", 5));
    for (const record of [change("running"), own(2, "second"), progress(1, 3), start(jobOf("a"))])
      assert.equal(table.apply(record, 9), undefined);
    assert.deepEqual([table.find("a")?.state, table.find("a")?.owner.id], ["done", "first"]);
  });

  it("has one job at a queue, eight in all, and the last 50 that ended", () => {
    const table = tableOf(start(jobOf("a", "q")), start(jobOf("b", "q")));
    assert.deepEqual([table.find("b"), table.refusalOf(jobOf("wanted", "q").order)?.reason], [undefined, "busy"]);
    for (let n = 1; n < 8; n++) table.apply(start(jobOf(`more ${n}`)), 3);
    assert.equal(table.refusalOf(jobOf("wanted", "another").order)?.reason, "too many");
    table.apply(ended("a", 1_000), 4);
    assert.equal(table.refusalOf(jobOf("wanted", "another").order), undefined);
    for (let n = 0; n < 60; n++)
      for (const record of [start(jobOf(`e${n}`)), ended(`e${n}`, n)]) table.apply(record, 5);
    const known = table.list().flatMap(({ id, endedAtMs }) => (endedAtMs === undefined ? [] : [id]));
    assert.deepEqual(known.toSorted(), ["a", ...Array.from({ length: 49 }, (_, n) => `e${n + 11}`)].toSorted());
    table.forgetLongEnded(1_000 + 7 * 24 * 3_600_000);
    assert.equal(table.list().length, 8);
  });

  it("takes a replay's name once, ten replays that go on, and lists those that ended for 90 days, the last 100", () => {
    const dayMs = 24 * 3_600_000;
    const replay = (name: string): Job => {
      const order = { kind: "replay", name, archive: "all", bus: "default", fromMs: 0, toMs: 1_000 } as const;
      return newJob(order, { id: name, startedAtMs: STARTED_AT_MS }, { id: "first", router: "one" });
    };
    const refusal = (table: JobTable, name: string) => table.refusalOf(replay(name).order)?.reason;
    const table = tableOf(start(replay("a")), start({ ...replay("a"), id: "another" }), ended("a", 1_000));
    assert.deepEqual([table.find("another"), refusal(table, "a")], [undefined, "busy"]);
    for (let n = 0; n < 10; n++) table.apply(start(replay(`r${n}`)), 5);
    assert.equal(refusal(table, "more"), "too many");
    assert.equal(table.refusalOf(jobOf("letters").order), undefined);
    table.apply({ event: "change", id: "c", jobId: "r0", state: "stopping" }, 6);
    assert.equal(refusal(table, "more"), undefined);
    table.forgetLongEnded(1_000 + 90 * dayMs);
    assert.equal(refusal(table, "a"), "busy");
    table.forgetLongEnded(1_001 + 90 * dayMs);
    assert.equal(refusal(table, "a"), undefined);
    table.apply(ended("r1", 1), 7);
    for (let n = 0; n < 100; n++) {
      for (const record of [start(replay(`e${n}`)), ended(`e${n}`, 10 + n)]) table.apply(record, 8);
    }
    assert.deepEqual([table.find("r1"), table.find("e0")?.state], [undefined, "done"]);
  });

  it("writes what lies far back again, as it is now", () => {
    const table = tableOf(start(jobOf("a")), start(jobOf("b")), progress(1, 4));
    const copies = table.renewals(3).map((text) => readJobRecord(JSON.parse(text.toString()) as JsonObject));
    assert.deepEqual(copies, [{ event: "copy", job: JSON.parse(JSON.stringify(table.find("b"))) as Job }]);
    assert.deepEqual(tableOf(...(copies as JobRecord[])).find("b"), table.find("b"));
    table.apply(copies[0] as JobRecord, 10);
    assert.equal(table.renewals(3).length, 0);
  });

  it("begins a catch-up once, and knows that for longer than its job", () => {
    const order = {
      kind: "replay",
      name: "catch-up.late",
      archive: "all",
      bus: "default",
      fromMs: 0,
      toMs: 0,
    } as const;
    const catchUp = (id: string): Job =>
      newJob({ ...order, catchesUp: true }, { id, startedAtMs: STARTED_AT_MS, hold: { untilMs: 10 } }, {});
    assert.equal(new JobTable().heldUntilMs("catch-up.late"), undefined);
    const table = tableOf(start(catchUp("a")), start(catchUp("b")));
    assert.deepEqual([table.find("b"), table.heldUntilMs("catch-up.late")], [undefined, 10]);
    table.apply({ event: "hold", jobId: "a", epoch: 1, hold: { untilMs: 30, isFinal: true } }, 3);
    table.apply({ event: "hold", jobId: "a", epoch: 1, hold: { untilMs: 20 } }, 4);
    assert.deepEqual(table.find("a")?.hold, { untilMs: 30, isFinal: true });
    table.apply(ended("a", STARTED_AT_MS), 5);
    assert.equal(table.heldUntilMs("catch-up.late"), 0);

    table.forgetLongEnded(STARTED_AT_MS + 365 * 24 * 3_600_000);
    table.apply(start(catchUp("c")), 6);
    assert.deepEqual([table.list(), table.heldUntilMs("catch-up.late")], [[], 0]);

    // A router that starts later reads the copy alone.
    const later = new JobTable();
    for (const record of table.renewals(100))
      later.apply(readJobRecord(JSON.parse(record.toString()) as JsonObject)!, 1);
    later.apply(start(catchUp("d")), 2);
    assert.deepEqual([later.list(), later.heldUntilMs("catch-up.late")], [[], 0]);
  });

  it("begins as many catch-ups as there are, beside ten replays", () => {
    const table = new JobTable();
    for (let n = 0; n < 40; n++) {
      const named = { kind: "replay", name: `n-${n}`, archive: "all", bus: "default", fromMs: 0, toMs: 0 } as const;
      const order = n < 20 ? { ...named, catchesUp: true as const } : named;
      table.apply(start(newJob(order, { id: `${n}`, startedAtMs: STARTED_AT_MS }, {})), n);
    }
    assert.equal(table.list().length, 30);
  });
});
