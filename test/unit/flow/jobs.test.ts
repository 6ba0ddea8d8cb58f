import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { setTimeout as sleepFor } from "node:timers/promises";
import type { Job, JobFact, JobOrder, JobProgress, LetterOrder } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { encodeJobSign } from "../../../src/flow/jobs/job-message.ts";
import { Jobs } from "../../../src/flow/jobs/jobs.ts";
import type { DoWork, WorkEnd } from "../../../src/ports/admin/jobs.ts";
import { eventually } from "../../contract/waiting.ts";
import { MemoryCluster } from "../../support/rabbitmq/memory-cluster.ts";

const ORDER: JobOrder = { kind: "redrive", queue: "failed", filter: {}, to: "target" };

/** Of a redrive or a purge. */
const filterOf = (order: JobOrder | undefined): LetterOrder["filter"] => (order as LetterOrder).filter;
const TICK_MS = 20;
const SILENCE_MS = 1_000;
const HELD_BACK_MS = 2_000;
const EARLY_MS = 10;

/** Work that a test lets go on. */
class ScriptedWork {
  readonly orders: JobOrder[] = [];
  readonly #pieces: { readonly end: (end: WorkEnd) => void; readonly reached: (progress: JobProgress) => void }[] = [];
  rate: () => number | undefined = () => undefined;

  readonly work: DoWork = (order, { signal, ratePerSecond, reached }) => {
    this.orders.push(order);
    this.rate = ratePerSecond;
    const { promise, resolve } = Promise.withResolvers<WorkEnd>();
    let latest = NO_PROGRESS;
    const keep = (progress: JobProgress): void => reached((latest = progress));
    const interrupted = (): void => resolve({ progress: latest, end: "failed", problem: "interrupted" });
    signal.addEventListener("abort", interrupted, { once: true });
    this.#pieces.push({ end: resolve, reached: keep });
    return promise;
  };

  reach(progress: Partial<JobProgress>): void {
    this.#pieces.at(-1)?.reached({ ...NO_PROGRESS, ...progress });
  }

  end(end: Partial<WorkEnd>, progress: Partial<JobProgress> = {}): void {
    this.#pieces.at(-1)?.end({ end: "finished", ...end, progress: { ...NO_PROGRESS, ...progress } });
  }
}

interface TestRouter {
  readonly jobs: Jobs;
  readonly work: ScriptedWork;
  readonly facts: string[];
}

describe("Jobs", () => {
  const cluster = new MemoryCluster();
  let ids = 0;
  const started: Jobs[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((jobs) => jobs.stop()));
    cluster.reset();
  });

  async function router(name: string, isConnected = () => true): Promise<TestRouter> {
    const work = new ScriptedWork();
    const facts: string[] = [];
    const { log, broadcast } = cluster.connect(name);
    const shared = new SharedLog(log, () => assert.fail("unreadable"));
    const jobs = new Jobs({
      log: shared,
      broadcast,
      isConnected,
      work: work.work,
      silenceMs: SILENCE_MS,
      heldBackMs: HELD_BACK_MS,
      tickMs: TICK_MS,
      router: name,
      observer: { job: ({ what, job }: JobFact) => facts.push(`${what} ${job.state} ${job.progress.removed}`) },
      onError: (error) => assert.fail(String(error)),
      newId: () => `id-${++ids}`,
      nowMs: () => 1_790_000_000_000 + ids,
      steadyMs: () => performance.now(),
      // As a timer of a busy process does, it fires early.
      sleep: (ms, signal) => sleepFor(Math.max(0, ms - EARLY_MS), undefined, { signal }),
    });
    await shared.start();
    started.push(jobs);
    return { jobs, work, facts };
  }

  async function begin({ jobs }: TestRouter, order = ORDER): Promise<Job> {
    const start = await jobs.start(order, { by: "ada", ratePerSecond: 5 });
    assert.ok(start.ok);
    return start.job;
  }

  const stateAt = ({ jobs }: TestRouter, { id }: Job) => jobs.find(id)?.state;

  it("a job runs on the router that was asked, and every router knows how far it is", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    one.work.reach({ looked: 50, removed: 20, firstIds: ["d-1"] });
    await eventually("the sign is heard", () => two.jobs.find(job.id)?.progress.removed === 20);
    assert.deepEqual([one.work.orders.length, two.work.orders.length], [1, 0]);
    assert.deepEqual(two.jobs.find(job.id)?.progress.firstIds, ["d-1"]);
    await two.jobs.change(job.id, { ratePerSecond: 50 }, "eve");
    assert.equal(one.work.rate(), 50);
    one.work.end({}, { looked: 60, removed: 25 });
    await eventually("both know its end", () => stateAt(one, job) === "done" && stateAt(two, job) === "done");
    const { progress, endedAtMs, changedBy } = two.jobs.find(job.id) ?? assert.fail();
    assert.deepEqual([progress.looked, progress.removed, changedBy], [60, 25, "eve"]);
    assert.ok(endedAtMs !== undefined);
    assert.deepEqual([one.facts, two.facts], [["started running 0", "ended done 25"], ["changed running 20"]]);
  });

  it("of two jobs for one queue that are started at once there is one", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const starts = await cluster.atOnce(() => [one, two].map(({ jobs }) => jobs.start(ORDER, {})));
    const [first] = starts.flatMap((start) => (start.ok ? [start.job] : []));
    const refusals = starts.filter((start) => !start.ok);
    assert.deepEqual(refusals, [{ ok: false, reason: "busy", job: two.jobs.find(first?.id ?? "") }]);
    assert.equal(one.work.orders.length + two.work.orders.length, 1);
  });

  it("a ninth job is refused", async () => {
    const one = await router("one");
    for (let n = 0; n < 8; n++) await begin(one, { ...ORDER, queue: `failed-${n}` });
    assert.deepEqual(await one.jobs.start({ ...ORDER, queue: "ninth" }, {}), { ok: false, reason: "too many" });
  });

  it("a paused job is not worked on, and resumes with what is left", async () => {
    const one = await router("one");
    const job = await begin(one, { ...ORDER, limit: 30 });
    one.work.reach({ looked: 50, removed: 20 });
    await one.jobs.change(job.id, { state: "paused" }, undefined);
    await eventually("it has stored how far it is", () => cluster.texts.some((text) => text.includes('"removed":20')));
    assert.deepEqual([stateAt(one, job), one.work.orders.length], ["paused", 1]);
    await one.jobs.change(job.id, { state: "running" }, undefined);
    await eventually("it goes on", () => one.work.orders.length === 2);
    assert.equal(one.work.rate(), 5, "a pause leaves its rate");
    await one.jobs.change(job.id, { ratePerSecond: null }, undefined);
    assert.equal(one.work.rate(), undefined);
    const [, rest] = one.work.orders;
    const { startedAtMs } = job;
    // What has come to the queue since the job began is not its business.
    assert.deepEqual(rest, {
      ...ORDER,
      limit: 10,
      filter: { notNewerThanMs: startedAtMs, notRedrivenSinceMs: startedAtMs },
    });
    one.work.end({ end: "limit" }, { looked: 10, removed: 10 });
    await eventually("it is done", () => stateAt(one, job) === "done");
    const { looked, removed } = one.jobs.find(job.id)?.progress ?? NO_PROGRESS;
    assert.deepEqual([looked, removed], [60, 30]);
  });

  it("a job that is stopped ends when its work has, and is not paused any more", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    await two.jobs.change(job.id, { state: "stopping" }, undefined);
    await eventually("it is stopped", () => stateAt(two, job) === "stopped" && one.facts.length === 2);
    assert.equal((await two.jobs.change(job.id, { state: "paused" }, undefined))?.state, "stopped");
    assert.deepEqual(one.facts, ["started running 0", "ended stopped 0"]);
  });

  it("a router that stops gives its jobs to another one, which begins at once", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    one.work.reach({ looked: 50, removed: 20 });
    await one.jobs.stop();
    await eventually("the other goes on", () => two.work.orders.length === 1);
    two.work.end({}, { looked: 5, removed: 5 });
    await eventually("it is done", () => stateAt(two, job) === "done");
    assert.equal(two.jobs.find(job.id)?.progress.removed, 25);
    assert.deepEqual(two.facts, ["taken over running 20", "ended done 25"]);
  });

  it("what a router did in its last moment before it stops is counted", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    await eventually("the other knows it", () => two.jobs.list().length === 1);
    cluster.muteBroadcasts = true;
    one.work.reach({ looked: 50, removed: 20 });
    await one.jobs.stop();
    await eventually("the other goes on", () => two.work.orders.length === 1);
    cluster.muteBroadcasts = false;
    assert.equal(two.jobs.find(job.id)?.progress.removed, 20);
  });

  it("one router takes over from one that is silent, and is done only once all is back that it held", async () => {
    const [one, two, three] = [await router("one"), await router("two"), await router("three")];
    const job = await begin(one);
    one.work.reach({ looked: 50, removed: 20 });
    await eventually("the others know", () => two.jobs.find(job.id)?.progress.removed === 20);
    cluster.cut("one");
    const silentSinceMs = cluster.saidAtMs("one");
    await eventually("another has it", () => two.work.orders.length + three.work.orders.length === 1);
    assert.ok(performance.now() - silentSinceMs > SILENCE_MS - 2 * TICK_MS);
    const next = two.work.orders.length === 1 ? two : three;
    next.work.end({}, { looked: 10, removed: 10 });
    await eventually("it browses once more", () => next.work.orders.length === 2);
    assert.ok(performance.now() - silentSinceMs > HELD_BACK_MS - 2 * TICK_MS);
    // A former owner that comes back learns that it has lost the job, and what it says does not count.
    one.work.reach({ looked: 50, removed: 49 });
    cluster.mend("one");
    next.work.end({}, { looked: 1, removed: 1 });
    await eventually("all know the end", () => [one, two, three].every((each) => stateAt(each, job) === "done"));
    assert.equal(one.jobs.find(job.id)?.progress.removed, 31);
    assert.deepEqual(next.facts, ["taken over running 20", "ended done 31"]);
  });

  it("a job that is begun anew leaves out what has come since, although nobody heard that its first way had read any", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    await one.jobs.change(job.id, { state: "paused" }, undefined);
    await one.jobs.change(job.id, { state: "running" }, undefined);
    await eventually("it goes on", () => one.work.orders.length === 2);
    await one.jobs.stop();
    await eventually("the other has it", () => two.work.orders.length === 1);
    two.work.end({ end: "failed", problem: "the broker is away" });
    await eventually("it tries again", () => two.work.orders.length === 2);
    const newest = [...one.work.orders, ...two.work.orders].map(filterOf).map(({ notNewerThanMs }) => notNewerThanMs);
    assert.deepEqual(newest, [undefined, job.startedAtMs, job.startedAtMs, job.startedAtMs]);
  });

  it("the first way through a queue that failed before it read any is followed by one that leaves out what has come since", async () => {
    const one = await router("one");
    const job = await begin(one);
    one.work.end({ end: "failed", problem: "the broker is away" });
    await eventually("it tries again", () => one.work.orders.length === 2);
    assert.equal(filterOf(one.work.orders[1]).notNewerThanMs, job.startedAtMs);
  });

  it("a router that starts after a job was taken over knows what its former owner had done, before it hears the new one", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    one.work.reach({ looked: 50, removed: 20 });
    await eventually("the other knows", () => two.jobs.find(job.id)?.progress.removed === 20);
    cluster.cut("one");
    await eventually("the other has it", () => two.work.orders.length === 1);
    cluster.muteBroadcasts = true;
    const three = await router("three");
    assert.deepEqual([three.jobs.find(job.id)?.owner.router, three.jobs.find(job.id)?.progress.removed], ["two", 20]);
    cluster.muteBroadcasts = false;
  });

  it("a sign of another owner does not keep the job of a silent one", async (t) => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    const sign = encodeJobSign({ jobId: job.id, epoch: 0, progress: { ...NO_PROGRESS, removed: 99 } });
    const { broadcast } = cluster.connect("former owner");
    const timer = setInterval(() => void broadcast.broadcast(sign), TICK_MS);
    t.after(() => clearInterval(timer));
    cluster.cut("one");
    await eventually("the other has it", () => two.work.orders.length === 1, 5_000);
    assert.equal(two.jobs.find(job.id)?.progress.removed, 0);
  });

  it("a router that is cut off itself takes nothing over", async () => {
    let isConnected = true;
    const [one, two] = [await router("one"), await router("two", () => isConnected)];
    const job = await begin(one);
    // Of one that runs, the log has its progress more often here than a router may be silent.
    await one.jobs.change(job.id, { state: "paused" }, undefined);
    isConnected = false;
    cluster.muteBroadcasts = true;
    // Long enough for many ticks of silence.
    await sleepFor(2 * SILENCE_MS);
    isConnected = true;
    cluster.muteBroadcasts = false;
    await sleepFor(SILENCE_MS);
    assert.deepEqual([two.facts, two.jobs.find(job.id)?.owner.router], [[], "one"]);
  });

  it("a router that was held up for longer than others may be silent takes nothing over for it", async () => {
    const [one, two] = [await router("one"), await router("two")];
    await begin(two);
    await eventually("the other knows", () => one.jobs.list().length === 1);
    const untilMs = performance.now() + 1.5 * SILENCE_MS;
    while (performance.now() < untilMs);
    await sleepFor(10 * TICK_MS);
    assert.deepEqual([one.work.orders.length, two.work.orders.length], [0, 1]);
  });

  it("work that fails is done again, and a queue that refuses it ends the job", async () => {
    const one = await router("one");
    const job = await begin(one);
    one.work.end({ end: "failed", problem: "the broker is away" }, { looked: 50, removed: 20 });
    await eventually("it says so", () => one.jobs.find(job.id)?.problem === "the broker is away");
    await eventually("it tries again", () => one.work.orders.length === 2);
    one.work.end({ end: "failed", problem: "locked", isRefused: true });
    await eventually("it has failed", () => stateAt(one, job) === "failed");
    const { problem, progress } = one.jobs.find(job.id) ?? assert.fail();
    assert.deepEqual([problem, progress.removed], ["locked", 20]);
  });

  it("jobs outlive the part of the log that they were written to", async () => {
    const [one, two] = [await router("one"), await router("two")];
    const job = await begin(one);
    one.work.reach({ removed: 7 });
    const text = "r".repeat(8_000);
    for (let n = 0; cluster.bytes < 5 * 1024 * 1024; n++) {
      const other = await begin(two, {
        kind: "purge",
        queue: `q-${n}`,
        filter: { rule: text, target: text, errorCode: text },
      });
      await eventually("it works", () => two.work.orders.length > n);
      two.work.end({});
      await eventually("it ended", () => stateAt(two, other) === "done");
    }
    cluster.discardHalf();
    const later = await router("later");
    assert.deepEqual([later.jobs.find(job.id)?.state, later.jobs.find(job.id)?.order], ["running", ORDER]);
    assert.equal(later.jobs.list().filter(({ state }) => state === "done").length, 50);
  });
});
