import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Slots } from "../../../../src/async/slots.ts";
import type { JobProgress, RuleHold } from "../../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../../src/domain/job/job.ts";
import type { Message } from "../../../../src/domain/queue/message.ts";
import type { ReplayOrder } from "../../../../src/domain/replay/replay.ts";
import { catchUpWork } from "../../../../src/flow/replay/catch-up-run.ts";
import { CatchUps } from "../../../../src/flow/replay/catch-ups.ts";
import type { WorkEnd } from "../../../../src/ports/admin/jobs.ts";
import type { ArchivedEvent } from "../../../../src/ports/broker/archive.ts";
import { IDENTITY, sampleConfig, sampleRule, sampleTarget } from "../../../support/sample.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { archived } from "./replay-world.ts";

const TIMES = { holdMs: 60_000, settleMs: 120_000 };
const BEGAN_AT_MS = 1_790_000_000_000;
/** How many events come with one call. */
const PART = 200;
const PAST = { archive: "all" };
const rule = sampleRule("late", { source: ["shop"] }, [sampleTarget("t", { kind: "queue", name: "q" })]);
const archive = { name: "all", bus: "default", retention: {} };
const deriveId = (text: string) => `of ${text}`;

/** An archive that grows, one catch-up that reads it, and the record of how long its rule waits. */
class CatchUpWorld {
  readonly events: ArchivedEvent[] = [];
  readonly sent: Message[] = [];
  readonly holds: RuleHold[] = [];
  config = sampleConfig({ rules: [{ ...rule, startFrom: PAST }], archives: [archive] });
  nowMs = BEGAN_AT_MS;
  hold: RuleHold = { untilMs: BEGAN_AT_MS + TIMES.holdMs };
  /** Called each time that somebody sleeps. */
  onSleep: (ms: number) => void = () => undefined;
  onRead: () => void = () => undefined;
  onProgress: (progress: JobProgress) => void = () => undefined;
  progress = NO_PROGRESS;
  /** How much of the time the event loop has nothing to do. */
  idleShare = 1;
  roundEventsMax = 1_000;
  /** Resolves when what is stored is confirmed. */
  onConfirm: () => Promise<void> = () => Promise.resolve();

  store(atMs: number): string {
    const event = { ...archived(this.events.length, atMs), atMs };
    this.events.push(event);
    return `e-${event.position}-${atMs}`;
  }

  get sentIds(): readonly string[] {
    return this.sent.map(({ body }) => (JSON.parse(body.toString()) as { readonly id: string }).id);
  }

  /** The order, as it is begun. */
  async order(): Promise<ReplayOrder> {
    const { promise, resolve } = Promise.withResolvers<ReplayOrder>();
    const { nowMs, config } = this;
    let isKnown = false;
    const catchUps = new CatchUps({
      config: () => config,
      deriveId,
      nowMs: () => nowMs,
      sleep: () => nextTurn(),
      holdMs: TIMES.holdMs,
    });
    catchUps.begin({
      heldUntilMs: () => (isKnown ? 0 : undefined),
      start: (order) => {
        isKnown = true;
        resolve(order as ReplayOrder);
        return Promise.reject(new Error("enough"));
      },
    });
    const order = await promise;
    await catchUps.stop();
    return order;
  }

  async run(order: ReplayOrder, before: JobProgress = NO_PROGRESS): Promise<WorkEnd> {
    const work = catchUpWork({
      archives: {
        extent: () => Promise.resolve({ first: 0, end: this.events.length, events: this.events.length, bytes: 0 }),
        since: (_archive, atMs) => Promise.resolve(this.events.findIndex((event) => event.atMs >= atMs)),
        read: async (_archive, { from, to }, listener, signal) => {
          this.onRead();
          for (let at = from; at < to && signal?.aborted !== true; at += PART) {
            await listener(this.events.slice(at, Math.min(to, at + PART)));
          }
        },
      },
      broker: {
        declare: () => Promise.resolve(),
        publish: (all) => (this.sent.push(...all), this.onConfirm()),
      },
      config: () => this.config,
      identity: IDENTITY,
      deriveId,
      observer: new RecordingObserver(),
      nowMs: () => this.nowMs,
      steadyMs: () => this.nowMs,
      sleep: async (ms, signal) => {
        await nextTurn();
        signal.throwIfAborted();
        this.nowMs += ms;
        this.onSleep(ms);
      },
      pause: () => Promise.resolve(),
      idleMs: () => this.nowMs * this.idleShare,
      roundEventsMax: this.roundEventsMax,
      times: TIMES,
      readings: new Slots(() => 1),
    });
    return await work(order, {
      jobId: "job",
      before,
      signal: new AbortController().signal,
      ratePerSecond: () => undefined,
      reached: (progress) => {
        this.progress = progress;
        this.onProgress(progress);
      },
      hold: () => this.hold,
      extendHold: (hold) => {
        this.hold = { ...hold, untilMs: Math.max(hold.untilMs, this.hold.untilMs) };
        this.holds.push(hold);
        return Promise.resolve();
      },
    });
  }
}

describe("A catch-up", () => {
  it("sends what was accepted before its rule got events directly, however late it is stored, and nothing else", async () => {
    const world = new CatchUpWorld();
    const wanted = [world.store(BEGAN_AT_MS - 5_000), world.store(BEGAN_AT_MS - 4_000)];
    const order = await world.order();
    let untilMs = Infinity;
    world.onSleep = () => {
      if (world.hold.isFinal === true) untilMs = world.hold.untilMs;
      if (world.nowMs < untilMs + TIMES.settleMs - 10_000 || world.events.length > 2) return;
      world.store(untilMs);
      wanted.push(world.store(untilMs - 1));
    };
    const { end } = await world.run(order);
    assert.equal(end, "complete");
    assert.equal(world.events.length, 4);
    assert.deepEqual(world.sentIds, wanted);
    assert.ok(world.nowMs > untilMs + TIMES.settleMs);
    assert.deepEqual(world.holds.filter(({ isFinal }) => isFinal === true).length, 1);
  });

  it("goes on where it was, and has its rule wait again unless it was near", async () => {
    for (const isFinal of [undefined, true] as const) {
      const world = new CatchUpWorld();
      world.store(BEGAN_AT_MS - 5_000);
      const next = world.store(BEGAN_AT_MS - 4_000);
      const order = await world.order();
      world.nowMs += 10 * TIMES.holdMs;
      world.hold = { ...world.hold, isFinal };
      await world.run(order, { ...NO_PROGRESS, place: { end: 1, minute: 0, position: 1 } });
      assert.deepEqual(world.sentIds, [next]);
      assert.equal(world.holds.length > 0, isFinal === undefined);
    }
  });

  it("has several batches on their way at once, in their order, and says how much is left and how far it is", async () => {
    const world = new CatchUpWorld();
    const wanted = Array.from({ length: 2 * PART }, (_, n) => world.store(BEGAN_AT_MS - 50_000 + n));
    const order = await world.order();
    let [underWay, most] = [0, 0];
    world.onConfirm = async () => {
      most = Math.max(most, (underWay += 1));
      for (let turn = 0; turn < 20; turn++) await nextTurn();
      underWay -= 1;
    };
    const seen = new Set<string>();
    world.onProgress = ({ left, place }) => seen.add(`${left} ${place?.readMs ?? "-"}`);
    await world.run(order);
    assert.deepEqual(world.sentIds, wanted);
    assert.equal(most, 4);
    assert.ok(seen.has(`${2 * PART} -`), "at the beginning");
    assert.ok(seen.has(`${PART} ${BEGAN_AT_MS - 50_000 + PART - 1}`), "in the middle");
    assert.deepEqual([world.progress.left, world.progress.place?.readMs], [0, BEGAN_AT_MS - 50_000 + 2 * PART - 1]);
  });

  it("gives way to the present until it falls behind it", async () => {
    const slept = async (comesIn: number): Promise<number> => {
      const world = new CatchUpWorld();
      world.idleShare = 0;
      world.onConfirm = () => Promise.resolve(void (world.nowMs += 10));
      world.roundEventsMax = PART;
      for (let n = 0; n < 5 * PART; n++) world.store(BEGAN_AT_MS - 50_000);
      const order = await world.order();
      let rounds = 0;
      world.onRead = () => {
        if ((rounds += 1) <= 2) for (let n = 0; n < comesIn; n++) world.store(BEGAN_AT_MS - 10_000);
      };
      // It waits a millisecond at a time; nothing else does.
      let sleeps = 0;
      world.onSleep = (ms) => (sleeps += ms === 1 ? 1 : 0);
      await world.run(order);
      assert.equal(world.sent.length, 5 * PART + 2 * comesIn);
      return sleeps;
    };
    const keepsUp = await slept(PART / 2);
    const fallsBehind = await slept(2 * PART);
    assert.ok(fallsBehind < keepsUp / 2, `though it has more to send: ${fallsBehind} of ${keepsUp}`);
  });

  it("fails once its rule has been gone for five minutes", async () => {
    const world = new CatchUpWorld();
    world.store(BEGAN_AT_MS);
    const order = await world.order();
    world.config = sampleConfig({ rules: [rule], archives: [archive] });
    const { end, isRefused, problem } = await world.run(order);
    assert.deepEqual([end, isRefused, problem], ["failed", true, 'rule "late" or its startFrom is gone']);
    assert.deepEqual(world.sent, []);
    assert.ok(world.nowMs > BEGAN_AT_MS + 300_000);
  });
});
