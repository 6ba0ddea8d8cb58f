import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fireTime } from "../../../../src/domain/schedule/flexible-window.ts";
import { MADE_UP_MS, MISSED_COUNT_MAX } from "../../../../src/flow/schedule/agenda.ts";
import type { Schedule } from "../../../../src/domain/schedule/schedule.ts";
import { planDue } from "../../../../src/flow/schedule/kept/plan-due.ts";
import { sampleSchedule } from "../../../support/sample.ts";

const DUE_MS = Date.parse("2026-03-29T09:00:00Z");
const MINUTE_MS = 60_000;

const FIRST = { dueMs: DUE_MS, turnMs: DUE_MS };

function due(expression: string, changes: Partial<Schedule> = {}): Schedule {
  return sampleSchedule("s", expression, { to: { kind: "queue", name: "q" } }, changes);
}

describe("A schedule of the store that is due", () => {
  it("fires its due time once, and is due again at the next one", () => {
    const { fire, missed, next } = planDue(due("rate(5 minutes)"), FIRST, DUE_MS + 10);
    assert.deepEqual(
      fire.map(({ dueMs, fireAtMs }) => [dueMs, fireAtMs]),
      [[DUE_MS, undefined]],
    );
    assert.equal(missed, undefined);
    assert.deepEqual(next, { dueMs: DUE_MS + 5 * MINUTE_MS, turnMs: DUE_MS + 5 * MINUTE_MS });
  });

  it("fires even where this router's clock is behind that of the store", () => {
    const { fire, next } = planDue(due("rate(5 minutes)"), FIRST, DUE_MS - 2_000);
    assert.equal(fire.length, 1);
    assert.equal(next?.dueMs, DUE_MS + 5 * MINUTE_MS);
  });

  it("makes up for five minutes after an outage, and counts what it missed before", () => {
    const { fire, missed, next } = planDue(due("rate(1 minute)"), FIRST, DUE_MS + 20 * MINUTE_MS);
    assert.deepEqual(
      fire.map(({ dueMs }) => (dueMs - DUE_MS) / MINUTE_MS),
      [15, 16, 17, 18, 19, 20],
    );
    assert.deepEqual(missed, { schedule: "s", count: 15, firstDueMs: DUE_MS });
    assert.equal(next?.dueMs, DUE_MS + 21 * MINUTE_MS);
    const afterDays = planDue(due("rate(1 minute)"), FIRST, DUE_MS + 9_000 * MINUTE_MS);
    assert.equal(afterDays.missed?.count, MISSED_COUNT_MAX);
    assert.equal(afterDays.fire.length, 6);
  });

  it("fires late where it is due once, however long the outage was, and never again", () => {
    const { fire, missed, next } = planDue(due("at(2026-03-29T09:00:00)"), FIRST, DUE_MS + 100 * MADE_UP_MS);
    assert.equal(fire.length, 1);
    assert.equal(missed, undefined);
    assert.equal(next, undefined);
  });

  it("fires in its flexible window, and a window longer than its rate loses nothing", () => {
    const places = Array.from({ length: 200 }, (_, at) => {
      const dueMs = DUE_MS + at * MINUTE_MS;
      const place = (fireTime("default/s", dueMs, 30) - dueMs) / MINUTE_MS;
      assert.equal(fireTime("default/s", dueMs, 30), dueMs + place * MINUTE_MS);
      assert.ok(place >= 0 && place < 30);
      return place;
    });
    assert.ok(new Set(places.map((place) => Math.floor(place / 3))).size === 10, "they are spread over the window");

    const fired: number[] = [];
    let turn = { dueMs: DUE_MS, turnMs: fireTime("default/s", DUE_MS, 30) };
    while (fired.length < 300) {
      const plan = planDue(due("rate(1 minute)", { windowMinutes: 30 }), turn, turn.turnMs);
      assert.equal(plan.missed, undefined);
      for (const { dueMs, fireAtMs = dueMs } of plan.fire) {
        fired.push(dueMs);
        assert.ok(fireAtMs >= dueMs && fireAtMs <= turn.turnMs);
      }
      assert.ok(plan.next !== undefined && plan.next.turnMs >= turn.turnMs);
      turn = plan.next;
    }
    assert.deepEqual(
      fired.map((dueMs) => (dueMs - DUE_MS) / MINUTE_MS),
      fired.map((_, at) => at),
    );
  });
});
