import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JobProgress } from "../../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../../src/domain/job/job.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { propertyRuns } from "../../../support/property-runs.ts";
import { sampleTarget } from "../../../support/sample.ts";
import { archived, CONFIG, eventIn, HOUR_MS, MINUTE_MS, ORDER, ReplayWorld } from "./replay-world.ts";

const idsAt = (...places: readonly (readonly [position: number, timeMs: number])[]): readonly string[] =>
  places.map(([position, timeMs]) => `e-${position}-${timeMs}`);

describe("A replay", () => {
  it("sends the events of its window, both ends included, minute by minute of their own time", async () => {
    const times = [5 * MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS - 1_000, 9 * MINUTE_MS, 0, 9 * MINUTE_MS + 1_000];
    const world = new ReplayWorld(times.map((timeMs, position) => archived(position, timeMs)));
    const end = await world.run({ ...ORDER, fromMs: 2 * MINUTE_MS, toMs: 9 * MINUTE_MS });
    const expected = idsAt([1, 120_000], [2, 179_000], [0, 300_000], [3, 540_000]);
    assert.deepEqual(world.sentIds, expected);
    assert.deepEqual([end.end, end.progress.removed, end.progress.left], ["complete", 4, 0]);
    assert.deepEqual(end.progress.firstIds, expected);
    assert.deepEqual(end.progress.place, { end: 6, minute: 9, position: 4, lastTimeMs: 540_000 });
  });

  it("puts the archived event on its bus as it was, with the replay's name behind the region", async () => {
    const world = new ReplayWorld([archived(0, MINUTE_MS)]);
    await world.run(ORDER);
    const original = archived(0, MINUTE_MS).body.toString();
    const replayed = original.replace(',"resources":', ',"replay-name":"again","resources":');
    assert.deepEqual(
      world.sent.map(({ body }) => body.toString()),
      [replayed, replayed, replayed],
    );
    assert.deepEqual(world.observer.events, ["replayed again 1"]);
  });

  it("gives events to the rules that it names alone, where they fit, and to one target of one rule", async () => {
    const events = [archived(0, MINUTE_MS), archived(1, MINUTE_MS, "other")];
    const targetsOf = async (order: Partial<typeof ORDER>) => {
      const world = new ReplayWorld(events);
      await world.run({ ...ORDER, ...order });
      return world.sent.map(({ headers }) => `${String(headers["busbar-rule"])}/${String(headers["busbar-target"])}`);
    };
    assert.deepEqual(await targetsOf({}), ["first/a", "first/b", "second/c"]);
    assert.deepEqual(await targetsOf({ rules: ["second"] }), ["second/c"]);
    assert.deepEqual(await targetsOf({ rules: ["first"], target: "b" }), ["first/b"]);
    assert.deepEqual(await targetsOf({ rules: ["gone"] }), []);
  });

  it("goes on behind the last event that was confirmed, in the middle of a minute", async () => {
    const events = Array.from({ length: 120 }, (_, n) => archived(n, MINUTE_MS));
    const world = new ReplayWorld(events);
    let publishes = 0;
    world.onPublish = () => (++publishes === 10 ? "before" : undefined);
    const before = (await world.run(ORDER)).progress;
    const sent = world.sentIds.length;
    assert.ok(sent > 0 && sent < 120 && before.removed === sent);
    const { end, progress } = await world.run(ORDER, before);
    assert.deepEqual([end, progress.removed, progress.left], ["complete", 120 - sent, 0]);
    assert.equal(world.sentIds.length, 120);
  });

  it("has up to four batches of a minute on their way, and counts none before those that it sent earlier", async () => {
    const events = Array.from({ length: 200 }, (_, n) => archived(n, n < 190 ? MINUTE_MS : 2 * MINUTE_MS));
    const world = new ReplayWorld(events, undefined, 100);
    const confirms: (() => void)[] = [];
    let [underWay, most] = [0, 0];
    world.onConfirm = async () => {
      most = Math.max(most, ++underWay);
      const minutes = new Set(world.sent.map(({ body }) => String(eventIn({ body })["time"])));
      assert.ok(minutes.size === 1 || world.reported.at(-1)!.progress.removed >= 190, "a later minute overtook");
      await new Promise<void>((resolve) => confirms.push(resolve));
      underWay -= 1;
    };
    const run = world.run(ORDER);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const removed = () => world.reported.at(-1)?.progress.removed ?? 0;
    for (let turns = 0; confirms.length < 4; turns++) {
      assert.ok(turns < 1_000, `${confirms.length} batches are on their way`);
      await turn();
    }
    // The one that was sent last is confirmed first.
    confirms.pop()!();
    await turn();
    assert.equal(removed(), 0);
    confirms.shift()!();
    await turn();
    assert.equal(removed(), 20);
    const confirming = setInterval(() => confirms.shift()?.(), 0);
    const { end, progress } = await run;
    clearInterval(confirming);
    assert.deepEqual([end, progress.removed, progress.left, most], ["complete", 200, 0, 4]);
  });

  it("completes at once where its window has no event, without a time of a last one", async () => {
    const world = new ReplayWorld([archived(0, 2 * HOUR_MS)]);
    const { end, progress } = await world.run({ ...ORDER, toMs: HOUR_MS });
    assert.deepEqual([end, progress.removed, progress.place?.lastTimeMs], ["complete", 0, undefined]);
    assert.deepEqual((await new ReplayWorld([]).run(ORDER)).end, "complete");
  });

  it("counts what it has to send before it sends any", async () => {
    const world = new ReplayWorld([archived(0, 0), archived(1, HOUR_MS), archived(2, 0)]);
    await world.run(ORDER);
    const first = world.reported.find(({ progress }) => progress.place !== undefined)?.progress;
    assert.deepEqual([first?.left, first?.removed, first?.place?.end], [3, 0, 3]);
  });

  it("keeps to its rate, and to another one as soon as that is set", async () => {
    const world = new ReplayWorld(Array.from({ length: 40 }, (_, n) => archived(n, n * MINUTE_MS)));
    world.ratePerSecond = 10;
    world.onPublish = () => {
      if (world.sentIds.length === 20) world.ratePerSecond = 1;
      return undefined;
    };
    await world.run(ORDER);
    assert.equal(world.sentIds.length, 40);
    assert.ok(world.nowMs >= 20_500 && world.nowMs <= 22_500, `took ${world.nowMs} ms`);
  });

  it("tries again what a queue refuses, says so, and sends nothing that comes after it meanwhile", async () => {
    const world = new ReplayWorld([archived(0, 0), archived(1, HOUR_MS)]);
    let refusals = 0;
    world.onPublish = (messages) => {
      if (refusals++ === 0) throw new PublishError(messages.map((_, index) => ({ index, reason: "refused" })));
      return undefined;
    };
    const { end } = await world.run(ORDER);
    assert.deepEqual([end, world.sentIds], ["complete", idsAt([0, 0], [1, HOUR_MS])]);
    assert.deepEqual(
      world.reported.flatMap(({ problem }) => problem ?? []),
      ["the broker did not confirm 3 message(s): refused"],
    );
  });

  it("fails for good where its bus or its archive is gone", async () => {
    const world = new ReplayWorld([archived(0, 0)]);
    const { end, isRefused, problem } = await world.run({ ...ORDER, bus: "gone" });
    assert.deepEqual([end, isRefused, problem], ["failed", true, 'event bus "gone" does not exist']);
    assert.deepEqual(world.sent, []);
  });

  it("fails where its archive is deleted while it sends, and says so", async () => {
    const events = Array.from({ length: 60 }, (_, n) => archived(n, n * MINUTE_MS));
    const world = new ReplayWorld(events, { minutes: 60, stretchBytes: 2_000 });
    world.onPublish = () => {
      world.isDeleted = true;
      return undefined;
    };
    const { end, isRefused, problem, progress } = await world.run(ORDER);
    assert.deepEqual([end, isRefused, problem], ["failed", true, 'archive "all" does not exist at the broker']);
    assert.equal(progress.removed + progress.left, 60, "what was not sent stays counted");
    assert.ok(progress.left > 0);
  });

  it("leaves out what cannot be put on the bus, and says which events those are", async () => {
    const world = new ReplayWorld([archived(0, 0), archived(1, 0)]);
    const [rule] = CONFIG.rulesByBus.get("default")?.rules ?? [];
    assert.ok(rule !== undefined);
    const tooMany = {
      ...rule,
      targets: Array.from({ length: 1_001 }, (_, n) => sampleTarget(`t${n}`, { kind: "function", name: "f" })),
    };
    world.config = { ...CONFIG, rulesByBus: new Map([["default", { rules: [tooMany], match: () => [tooMany] }]]) };
    const { end, progress } = await world.run(ORDER);
    assert.deepEqual([end, progress.removed, progress.left, progress.unredrivable], ["complete", 0, 0, { fan_out: 2 }]);
    assert.deepEqual(
      progress.examples.map(({ id }) => id),
      idsAt([0, 0], [1, 0]),
    );
  });

  it("reads the archive twice in the usual case, whatever comes late", async () => {
    const usual = Array.from({ length: 3_000 }, (_, n) => archived(n, n * 2_000));
    const world = new ReplayWorld(usual, undefined, 100);
    await world.run(ORDER);
    assert.equal(world.read, 6_000);
    // Each minute has one event that was stored at the very end.
    const late = [...usual, ...Array.from({ length: 100 }, (_, n) => archived(50_000 + n, n * MINUTE_MS))];
    const other = new ReplayWorld(late, { minutes: 50_000, stretchBytes: 20_000 }, 100);
    await other.run(ORDER);
    assert.equal(other.sentIds.length, 3_100);
    assert.ok(other.read <= 2.5 * 3_100 + 100 * 100, `${other.read} events were read`);
  });
});

/** Times as senders give them: mostly the present, sometimes an hour ago or anything at all. */
const TIMES = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant("now" as const) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 4 * 3_600 }) },
  ),
  { maxLength: 80 },
);
const GAPS = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 80, maxLength: 80 });
const BOUNDS = fc.record({
  minutes: fc.integer({ min: 1, max: 9 }),
  stretchBytes: fc.integer({ min: 1, max: 4_000 }),
});

/** A router that dies at one of its publishes, and how old the progress is that the next one has heard. */
const DEATHS = fc.array(
  fc.record({ publishes: fc.nat(12), death: fc.constantFrom("before" as const, "after" as const), heard: fc.nat(5) }),
  { maxLength: 6 },
);

const ORDERED = { ...ORDER, fromMs: HOUR_MS / 2, toMs: 3 * HOUR_MS };

function minuteOfId(id: string): number {
  return Math.floor(Number(id.split("-")[2]) / MINUTE_MS);
}

function isWanted(id: string): boolean {
  const timeMs = Number(id.split("-")[2]);
  return timeMs >= ORDERED.fromMs && timeMs <= ORDERED.toMs;
}

/** Holds what is published against the order that is promised: each minute wholly before the next. */
class MinuteOrder {
  readonly #wanted: readonly string[];
  readonly #stored = new Set<string>();
  #latest = -Infinity;

  constructor(wanted: readonly string[]) {
    this.#wanted = wanted;
  }

  /** Another router goes on from an earlier place. */
  beginAnew(): void {
    this.#latest = -Infinity;
  }

  published(ids: ReadonlySet<string>, isStored: boolean): void {
    for (const id of ids) {
      assert.ok(minuteOfId(id) >= this.#latest, "an event comes behind one of a later minute");
      this.#latest = minuteOfId(id);
      const missing = this.#wanted.filter((other) => minuteOfId(other) < this.#latest && !ids.has(other));
      assert.ok(
        missing.every((other) => this.#stored.has(other)),
        "a minute begins before the last one is whole",
      );
    }
    if (isStored) for (const id of ids) this.#stored.add(id);
  }
}

/** By event and target, the delivery ids that were made. */
function deliveriesOf({ sent }: ReplayWorld): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const message of sent) {
    const key = `${String(eventIn(message)["id"])} ${String(message.headers["busbar-target"])}`;
    ids.set(key, (ids.get(key) ?? new Set()).add(message.id));
  }
  return ids;
}

describe("A replay whose routers die again and again", () => {
  it("sends every event of its window, each minute wholly before the next, and repeats with the same ids only", async () => {
    await fc.assert(
      fc.asyncProperty(TIMES, GAPS, DEATHS, BOUNDS, async (times, gaps, deaths, bounds) => {
        let position = 0;
        const events = times.map((seconds, n) => {
          position += gaps[n] ?? 1;
          return archived(position, seconds === "now" ? HOUR_MS + n * 20_000 : seconds * 1_000);
        });
        const wanted = events.map((event) => String(eventIn(event)["id"])).filter(isWanted);
        const world = new ReplayWorld(events, bounds);
        const order = new MinuteOrder(wanted);
        const run = async (publishes: number, death: "before" | "after", before: JobProgress) => {
          world.reported.length = 0;
          order.beginAnew();
          let left = publishes;
          world.onPublish = (messages) => {
            const dies = left-- === 0;
            order.published(
              new Set(messages.map((message) => String(eventIn(message)["id"]))),
              !dies || death === "after",
            );
            return dies ? death : undefined;
          };
          return world.run(ORDERED, before);
        };
        let heard = NO_PROGRESS;
        for (const one of deaths) {
          await run(one.publishes, one.death, heard);
          heard = world.reported.at(-1 - one.heard)?.progress ?? heard;
        }
        const { end } = await run(Infinity, "after", heard);
        assert.equal(end, "complete");
        const made = deliveriesOf(world);
        assert.deepEqual(new Set(world.sentIds), new Set(wanted));
        assert.equal(made.size, 3 * wanted.length);
        for (const [key, ids] of made) assert.equal(ids.size, 1, key);
      }),
      propertyRuns(300),
    );
  });
});
