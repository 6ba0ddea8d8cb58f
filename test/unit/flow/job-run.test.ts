import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job, JobOrder, JobProgress, LetterOrder } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import type { JobPast } from "../../../src/flow/jobs/job-run.ts";
import { JobRun } from "../../../src/flow/jobs/job-run.ts";
import type { WorkEnd } from "../../../src/ports/admin/jobs.ts";

const HELD_BACK_MS = 60_000;
const STARTED_AT_MS = 1_790_000_000_000;
const NEW: JobPast = { isBegun: false, allBackAtMs: -Infinity };

const ORDER: LetterOrder = { kind: "redrive", queue: "failed", filter: { rule: "r" }, to: "target", limit: 100 };

const JOB: Job = {
  id: "job",
  order: ORDER,
  state: "running",
  startedAtMs: STARTED_AT_MS,
  owner: { epoch: 1, id: "me" },
  progress: NO_PROGRESS,
};

type Piece = Partial<Omit<WorkEnd, "progress">> & { readonly progress?: Partial<JobProgress> };

/** Runs a job by a clock of its own. Each piece of work takes a second; the last one is followed by an interruption. */
async function run(pieces: readonly Piece[], past = NEW, job = JOB) {
  const left = [...pieces];
  const orders: JobOrder[] = [];
  const beganMs: number[] = [];
  const reached: (readonly [removed: number, problem: string | undefined])[] = [];
  let yetToGo: number | undefined;
  const interrupt = new AbortController();
  let nowMs = 0;
  const control = {
    signal: interrupt.signal,
    ratePerSecond: () => undefined,
    reached: ({ removed, ...progress }: JobProgress, problem: string | undefined) => {
      yetToGo = progress.left;
      reached.push([removed, problem]);
    },
    hold: () => undefined,
    extendHold: () => Promise.resolve(),
  };
  const end = await new JobRun(job, past, control, {
    work: (order) => {
      const piece = left.shift();
      if (piece === undefined) interrupt.abort(new Error("enough"));
      orders.push(order);
      beganMs.push(nowMs);
      nowMs += 1_000;
      return Promise.resolve({ end: "finished", ...piece, progress: { ...NO_PROGRESS, ...piece?.progress } });
    },
    steadyMs: () => nowMs,
    // Timers may fire early.
    sleep: (ms, signal) => {
      signal.throwIfAborted();
      nowMs += Math.max(1, ms - 7);
      return Promise.resolve();
    },
    heldBackMs: HELD_BACK_MS,
  }).run();
  return { end, orders, beganMs, reached, left: yetToGo };
}

const failed: Piece = { end: "failed", problem: "away" };

describe("The run of a job", () => {
  it("is done with one way through the queue, or with as many letters as its limit", async () => {
    assert.deepEqual((await run([{}])).end, { state: "done" });
    assert.deepEqual((await run([{ end: "limit" }])).end, { state: "done" });
  });

  it("waits longer after each failure, up to half a minute, and begins anew where some were removed", async () => {
    const { beganMs } = await run([
      ...Array.from({ length: 7 }, () => failed),
      { ...failed, progress: { removed: 1 } },
    ]);
    const waitedMs = beganMs.slice(1).map((atMs, index) => atMs - (beganMs[index] ?? 0) - 1_000);
    assert.deepEqual(
      waitedMs.map((ms) => Math.floor(ms / 1_000)),
      [1, 2, 4, 8, 16, 30, 30, 1],
    );
  });

  it("looks again for what a lost connection held, once all of it is back", async () => {
    const { end, beganMs } = await run([failed, {}, {}]);
    assert.deepEqual(end, { state: "done" });
    const [, second = 0, third = 0] = beganMs;
    assert.ok(second < HELD_BACK_MS && third >= 1_000 + HELD_BACK_MS, `${second}, ${third}`);
    const taken = await run([{}, {}], { isBegun: true, allBackAtMs: 50_000 });
    assert.deepEqual([taken.end, taken.beganMs.length], [{ state: "done" }, 2]);
    assert.ok((taken.beganMs[1] ?? 0) >= 50_000);
  });

  it("fails where the queue refuses it, and where 20 minutes removed none", async () => {
    const refused = await run([{ end: "failed", isRefused: true, problem: "locked" }]);
    assert.deepEqual(refused.end, { state: "failed", problem: "locked" });
    const { end } = await run([{ end: "time", progress: { looked: 12 } }]);
    assert.deepEqual(end, { state: "failed", problem: "in 20 minutes 12 messages were read and none was removed" });
  });

  it("asks each piece of work for what is left", async () => {
    const { orders } = await run([
      { ...failed, progress: { looked: 30, removed: 30 } },
      { ...failed, progress: { removed: 90 } },
    ]);
    const anew = { rule: "r", notNewerThanMs: STARTED_AT_MS, notRedrivenSinceMs: STARTED_AT_MS };
    assert.deepEqual(orders, [
      { ...JOB.order, filter: { rule: "r", notRedrivenSinceMs: STARTED_AT_MS } },
      { ...JOB.order, filter: anew, limit: 70 },
      { ...JOB.order, filter: anew, limit: 0 },
    ]);
  });

  it("redrives none that was redriven since an earlier time, where it was asked so", async () => {
    const order = { ...ORDER, filter: { notRedrivenSinceMs: 5 } };
    const { orders } = await run([{}], NEW, { ...JOB, order });
    assert.deepEqual(orders, [order]);
  });

  it("purges without a limit, and leaves out what has come since it was begun", async () => {
    const order: JobOrder = { kind: "purge", queue: "failed", filter: {} };
    const { orders } = await run([{}], { ...NEW, isBegun: true }, { ...JOB, order });
    assert.deepEqual(orders, [{ ...order, filter: { notNewerThanMs: STARTED_AT_MS } }]);
  });

  it("moves what was there at first, and later what was sent before it was begun; of an empty queue nothing is left", async () => {
    const order: JobOrder = { kind: "move", queue: "failed", destination: "orders" };
    const job = { ...JOB, order, progress: { ...NO_PROGRESS, left: 7 } };
    const { orders, reached, left } = await run([{ ...failed }, {}, {}], NEW, job);
    const later = { ...order, notSentSinceMs: STARTED_AT_MS };
    assert.deepEqual(orders, [order, later, later]);
    assert.deepEqual([reached.length, left], [3, 0]);
  });

  it("counts over all its pieces, says what keeps it from going on, and ends without an end where it is interrupted", async () => {
    const before = { ...NO_PROGRESS, removed: 5 };
    const { end, reached } = await run(
      [
        { ...failed, progress: { removed: 2 } },
        { ...failed, progress: { removed: 3 } },
      ],
      NEW,
      {
        ...JOB,
        progress: before,
      },
    );
    assert.equal(end, undefined);
    assert.deepEqual(reached, [
      [7, "away"],
      [10, "away"],
      [10, undefined],
    ]);
  });
});
