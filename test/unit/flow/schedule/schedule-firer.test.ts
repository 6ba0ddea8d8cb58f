import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deriveId, PROCESS } from "../../../../src/app/process.ts";
import type { Config } from "../../../../src/domain/config.ts";
import { SCHEDULES_QUEUE } from "../../../../src/domain/queue/queues.ts";
import type { Schedule } from "../../../../src/domain/schedule/schedule.ts";
import { UTC } from "../../../../src/domain/schedule/time-zone.ts";
import { cursorMessage } from "../../../../src/flow/schedule/cursor-message.ts";
import { ScheduleFirer } from "../../../../src/flow/schedule/schedule-firer.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { eventually } from "../../../contract/waiting.ts";
import { CursorQueue } from "../../../support/rabbitmq/cursor-queue.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleSchedule } from "../../../support/sample.ts";

const EVERY_MS = 25;
const TO = { to: { kind: "function", name: "worker" } } as const;

/** Due more often than any expression can say. */
function quick(name: string, everyMs = EVERY_MS): Schedule {
  const timing = { expression: { kind: "rate", everyMs }, zone: UTC } as const;
  return sampleSchedule(name, "rate(1 minute)", TO, { timing });
}

function once(name: string, atMs: number): Schedule {
  const timing = { expression: { kind: "at", localMs: atMs }, zone: UTC } as const;
  return sampleSchedule(name, "rate(1 minute)", TO, { timing });
}

const configOf = (...schedules: readonly Schedule[]) =>
  sampleConfig({ functions: [sampleFunction("worker")], schedules });

describe("The router that fires schedules", () => {
  const firers: ScheduleFirer[] = [];
  afterEach(() => Promise.all(firers.splice(0).map((firer) => firer.stop())));

  function router(queue: CursorQueue, initial: Config, seedMs = 0) {
    let config = initial;
    const { broker, kill } = queue.connect();
    const observer = new RecordingObserver();
    const faults: unknown[] = [];
    const onError = (error: unknown): void => void faults.push(error);
    const options = { broker, config: () => config, identity: IDENTITY, observer, seedMs, deriveId, onError };
    const firer = new ScheduleFirer({ ...options, ...PROCESS });
    firers.push(firer);
    firer.start();
    const follow = (next: Config): void => {
      config = next;
      firer.follow(next);
    };
    return { firer, observer, faults, kill, follow };
  }

  /** When a delivery was due, by its headers. */
  const dueOf = ({ message: { headers } }: CursorQueue["published"][number]) => Number(headers["busbar-scheduled-at"]);

  it("leaves out no due time and fires none early, while one router after another is killed", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const config = configOf(quick("often"));
    const first = router(queue, config);
    await eventually("the first is fired", () => queue.published.length > 0);
    let last = first;
    for (let kills = 0; kills < 8; kills++) {
      const next = router(queue, config);
      await sleep(3 + ((kills * 17) % 40));
      last.kill();
      last = next;
    }
    const until = Date.now();
    await eventually("it is fired after the last kill", () => queue.published.some((one) => dueOf(one) > until));
    const dues = new Set(queue.published.map(dueOf));
    for (let dueMs = Math.min(...dues); dueMs <= until; dueMs += EVERY_MS)
      assert.ok(dues.has(dueMs), `${dueMs} is missing`);
    for (const one of queue.published) assert.ok(one.atMs >= dueOf(one), "early");
    assert.deepEqual(last.faults, []);
  });

  it("fires again with the same id what was stored and not noted, since its router was killed in between", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const config = configOf(once("once", Date.now() + 1_000));
    const one = router(queue, config);
    const two = router(queue, config);
    queue.beforeStore = ({ queue: to }) => {
      if (to === SCHEDULES_QUEUE && queue.published.length === 1) {
        queue.beforeStore = () => undefined;
        one.kill();
        throw new Error("killed before the cursor was stored");
      }
    };
    await eventually("both have fired", () => queue.published.length === 2);
    const [first, second] = queue.published;
    assert.equal(first?.message.id, second?.message.id);
    assert.deepEqual(two.observer.events, ["schedule fired once"]);
  });

  it("goes by the cursor and not by the seed of a router that started, so that an outage is made up for", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const { broker } = queue.connect();
    const nowMs = Date.now();
    await broker.publish([cursorMessage("seed", { upToMs: nowMs, isSeed: true })]);
    const config = configOf(
      once("late", nowMs - 3_600_000),
      quick("hourly", 3_600_000),
      once("over", nowMs - 9_000_000),
    );
    const { observer } = router(queue, config, 60_000);
    await sleep(20);
    assert.equal(observer.events.length, 0, "it waits for a cursor");
    await broker.publish([cursorMessage("cursor", { upToMs: nowMs - 7_300_000, isSeed: false })]);
    await eventually("it is fired", () => queue.published.length > 0);
    await eventually("one cursor is left", () => queue.count === 1);
    const missed = observer.events.filter((event) => event.startsWith("schedule missed hourly "));
    assert.equal(missed.length, 1);
    assert.deepEqual(
      queue.published
        .filter(({ message }) => message.headers["busbar-schedule"] !== "hourly")
        .map(({ message }) => message.headers["busbar-schedule"]),
      ["late"],
    );
  });

  it("goes by the latest of several cursors", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const { broker } = queue.connect();
    const nowMs = Date.now();
    for (const upToMs of [nowMs - 1_000, nowMs + 150, nowMs - 5_000]) {
      await broker.publish([cursorMessage(`c${upToMs}`, { upToMs, isSeed: false })]);
    }
    router(queue, configOf(once("fired-before", nowMs - 500), once("next", nowMs + 200)));
    await eventually("the next is fired", () => queue.published.length === 1);
    assert.equal(queue.published[0]?.message.headers["busbar-schedule"], "next");
  });

  it("gives the cursor to the next router when it stops, and fires nothing twice", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const config = configOf(quick("often"));
    const one = router(queue, config);
    await eventually("the first is fired", () => queue.published.length > 0);
    const two = router(queue, config);
    await one.firer.stop();
    const before = queue.published.length;
    await eventually("the other goes on", () => queue.published.length > before + 2);
    const dues = queue.published.map(dueOf);
    assert.equal(new Set(dues).size, dues.length);
    assert.ok(two.observer.events.length > 0);
  });

  it("takes over another configuration: what is new counts from then on, and what is gone is not fired", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const one = router(queue, configOf(once("first", Date.now() + 1_000)));
    await eventually("the first is fired", () => queue.published.length === 1);
    await sleep(50);
    const changedAtMs = Date.now();
    one.follow(configOf(quick("new"), once("past", changedAtMs - 20)));
    await eventually("the new one is fired", () => queue.published.length > 3);
    one.follow(configOf());
    await sleep(20);
    const { length } = queue.published;
    one.follow(configOf(once("last", Date.now() + 1_000)));
    await eventually("the last is fired", () => queue.published.length === length + 1);
    assert.equal(queue.published.at(-1)?.message.headers["busbar-schedule"], "last");
    const added = queue.published.slice(1, -1);
    assert.deepEqual(new Set(added.map(({ message }) => message.headers["busbar-schedule"])), new Set(["new"]));
    assert.ok(added.every((each) => dueOf(each) > changedAtMs - 1));
  });

  it("fires again what could not be stored, and reports it", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    queue.beforeStore = ({ queue: to }) => {
      if (to === SCHEDULES_QUEUE) return;
      queue.beforeStore = () => undefined;
      throw new PublishError([{ index: 0, reason: "unstorable" }]);
    };
    const { faults } = router(queue, configOf(once("once", Date.now() + 1_000)));
    await eventually("it is fired", () => queue.published.length === 1);
    assert.equal(faults.length, 1);
  });

  it("takes no part without schedules", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const one = router(queue, configOf());
    await sleep(10);
    assert.equal(queue.count, 0);
    one.follow(configOf(quick("often")));
    await eventually("it is fired", () => queue.published.length > 0);
  });

  it("keeps what a full queue refuses, and hands it over when it comes back", async () => {
    const queue = new CursorQueue(SCHEDULES_QUEUE);
    const { broker } = queue.connect();
    const { faults } = router(queue, configOf(once("any", Date.now() + 3_600_000)));
    const headers = { "busbar-kept-for": "full", "busbar-schedule": "any", "busbar-scheduled-at": 1 };
    await broker.publish([{ queue: SCHEDULES_QUEUE, id: "kept", body: Buffer.from("{}"), headers }]);
    await eventually("it is in its queue", () => queue.published.length === 1);
    const { queue: to, id } = queue.published[0]!.message;
    assert.deepEqual([to, id], ["full", "kept"]);
    await broker.publish([{ queue: SCHEDULES_QUEUE, id: "rubbish", body: Buffer.from("{}"), headers: {} }]);
    await eventually("it is reported", () => faults.length === 1);
    assert.match(String(faults[0]), /message "rubbish" in busbar.schedules is no cursor/);
  });
});
