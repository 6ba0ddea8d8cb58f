import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AttemptWay, DeliveryWay, EventWay } from "../../../src/admin-api/history/history.ts";
import { laneMarks } from "../../../console/src/logic/event/lane-marks.ts";
import { axisOf, bodyOf, isEnded, lanesOf } from "../../../console/src/logic/event/lanes.ts";
import { timeAxis } from "../../../console/src/logic/event/time-axis.ts";

const point = (atMs: number) => ({ fromMs: atMs, toMs: atMs });
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

function attempt(changes: Partial<AttemptWay> = {}): AttemptWay {
  return {
    atMs: 20,
    router: "r-1",
    attempt: 1,
    firstAtMs: 0,
    startedAtMs: 10,
    callMs: 10,
    invoked: true,
    verdict: "done",
    ...changes,
  };
}

function delivery(changes: Partial<DeliveryWay> = {}): DeliveryWay {
  return {
    id: "d-1",
    origin: { bus: "default", rule: "r", target: "t" },
    destination: "function/f",
    state: "delivered",
    attempts: [],
    letters: [],
    redrives: [],
    records: [],
    parked: [],
    suspected: [],
    ...changes,
  };
}

function eventWay(deliveries: readonly DeliveryWay[], changes: Partial<EventWay> = {}): EventWay {
  const event = {
    id: "e-1",
    atMs: 0,
    bus: "default",
    source: "shop",
    type: "Ordered",
    bytes: 10,
    router: "r-1",
    rules: [],
    ruleCount: 1,
    publishedCount: deliveries.length,
    letterCount: 0,
  };
  return { id: "e-1", event, outcome: "delivered", deliveries, ...changes };
}

describe("The page's time axis", () => {
  it("gives busy stretches and short idle times their true proportions", () => {
    const axis = timeAxis([
      { fromMs: 0, toMs: 100 },
      { fromMs: 150, toMs: 200 },
    ]);
    near(axis.at(100), 0.5);
    near(axis.at(150), 0.75);
    assert.deepEqual(
      axis.pieces.map(({ isFolded }) => isFolded),
      [false, false, false],
    );
  });

  it("folds an idle time that is much longer than all that is busy, and keeps the proportions of the rest", () => {
    const axis = timeAxis([
      { fromMs: 0, toMs: 100 },
      { fromMs: 3_600_000, toMs: 3_600_300 },
    ]);
    const [first, idle, second] = axis.pieces;
    assert.ok(first && idle && second);
    assert.equal(idle.isFolded, true);
    assert.ok(idle.to - idle.from < 0.2);
    near((second.to - second.from) / (first.to - first.from), 3);
    near(second.to, 1);
  });

  it("keeps room for what is busy, however many idle times are folded", () => {
    const axis = timeAxis(Array.from({ length: 50 }, (_, index) => ({ fromMs: index * 1e6, toMs: index * 1e6 + 10 })));
    const busy = axis.pieces.filter(({ isFolded }) => !isFolded);
    assert.equal(busy.length, 50);
    assert.ok(busy.reduce((sum, { from, to }) => sum + to - from, 0) > 0.39);
  });

  it("places what lies outside at the nearer end, and a single moment somewhere", () => {
    const axis = timeAxis([{ fromMs: 10, toMs: 20 }]);
    assert.deepEqual([axis.at(0), axis.at(15), axis.at(99)], [0, 0.5, 1]);
    assert.ok(Number.isFinite(timeAxis([point(5)]).at(5)));
    assert.ok(Number.isFinite(timeAxis([]).at(5)));
  });

  it("makes one stretch of those that overlap", () => {
    const axis = timeAxis([
      { fromMs: 50, toMs: 150 },
      { fromMs: 0, toMs: 100 },
    ]);
    assert.deepEqual(axis.pieces, [{ fromMs: 0, toMs: 150, from: 0, to: 1, isFolded: false }]);
  });
});

describe("The lanes of an event's way", () => {
  it("put the deliveries of a record below the one they came of", () => {
    const parent = { deliveryId: "d-2", condition: "success", atMs: 5 };
    const way = eventWay([
      delivery({ id: "d-1" }),
      delivery({ id: "d-3", parent }),
      delivery({ id: "d-2" }),
      delivery({ id: "d-4", parent: { ...parent, deliveryId: "d-3" } }),
    ]);
    assert.deepEqual(
      lanesOf(way).map(({ delivery: { id }, depth }) => `${depth} ${id}`),
      ["0 d-1", "0 d-2", "1 d-3", "2 d-4"],
    );
  });

  it("show a record whose parent is not known at the top", () => {
    const parent = { deliveryId: "elsewhere", condition: "success", atMs: 5 };
    assert.deepEqual(
      lanesOf(eventWay([delivery({ parent })])).map(({ depth }) => depth),
      [0],
    );
  });

  it("end where no attempt can follow, and not before all deliveries are known", () => {
    const states = (...all: DeliveryWay["state"][]) => all.map((state, index) => delivery({ id: `d-${index}`, state }));
    assert.equal(isEnded(eventWay(states("delivered", "failed"))), true);
    assert.equal(isEnded(eventWay(states("delivered", "failing"))), false);
    assert.equal(isEnded(eventWay(states("waiting"))), false);
    assert.equal(isEnded(eventWay([], { outcome: "unmatched" })), true);
    const whole = eventWay(states("delivered", "delivered"));
    assert.equal(isEnded({ ...whole, deliveries: whole.deliveries.slice(1) }), false);
    assert.equal(isEnded(undefined), false);
  });

  it("show waits before each attempt, and until the next one while it fails", () => {
    const failed = attempt({ verdict: "retry", nextAtMs: 500, failure: { reason: "connection", message: "refused" } });
    const marks = laneMarks(delivery({ state: "failing", attempts: [failed] }), 0, 100);
    assert.deepEqual(
      marks.map(({ kind, tone, fromMs, toMs }) => [kind, tone, fromMs, toMs]),
      [
        ["wait", "idle", 0, 10],
        ["wait", "idle", 20, 500],
        ["attempt", "warn", 10, 20],
      ],
    );
    assert.match(marks[1]?.text ?? "", /waited after attempt 1 for 480 ms/);
  });

  it("reach to the next attempt while one is due", () => {
    const failed = attempt({ verdict: "retry", nextAtMs: 25, failure: { reason: "connection", message: "refused" } });
    const axis = axisOf(eventWay([delivery({ state: "failing", attempts: [failed] })]), 22);
    assert.equal(axis.pieces.at(-1)?.toMs, 26);
  });

  it("take the event's JSON from a failed delivery of it where the event's own was not kept, but never a record's", () => {
    assert.equal(bodyOf(eventWay([delivery({ body: "{}" })])), "{}");
    const { origin: _, ...record } = delivery({ body: "{}" });
    assert.equal(bodyOf(eventWay([record])), undefined);
  });
});
