import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { nextTurn } from "../../../../src/domain/schedule/turn.ts";
import type { Turn } from "../../../../src/domain/schedule/turn.ts";
import { Agenda } from "../../../../src/flow/schedule/agenda.ts";
import { sampleSchedule } from "../../../support/sample.ts";

const BEGIN_MS = Date.parse("2026-03-29T09:00:00Z");
const MINUTE_MS = 60_000;
const pause = () => Promise.resolve();

const flexible = (expression: string, windowMinutes: number) =>
  sampleSchedule("s", expression, { to: { kind: "queue", name: "q" } }, { windowMinutes });

/** What fires up to an instant, by a walk over all due times from long before. */
function walked(schedule: ReturnType<typeof flexible>, fromMs: number, toMs: number): readonly Turn[] {
  const turns: Turn[] = [];
  const before = { dueMs: BEGIN_MS - 3_000 * MINUTE_MS, turnMs: -Infinity };
  for (
    let turn = nextTurn(schedule, before);
    turn !== undefined && turn.turnMs <= toMs;
    turn = nextTurn(schedule, turn)
  )
    if (turn.turnMs > fromMs) turns.push(turn);
  return turns;
}

const turnsOf = (agenda: Agenda, nowMs: number) =>
  agenda.take(nowMs).map(({ dueMs, fireAtMs = dueMs }) => ({ dueMs, turnMs: fireAtMs }));

describe("A file's schedule with a flexible time window", () => {
  it("fires each due time once, in its window, whichever router takes over and when", async () => {
    const windows = fc.integer({ min: 1, max: 200 });
    const minutes = fc.integer({ min: 1, max: 30 });
    const times = fc.array(fc.integer({ min: 1, max: 4 * MINUTE_MS }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(windows, minutes, times, async (windowMinutes, every, steps) => {
        const schedule = flexible(`rate(${every} minutes)`, windowMinutes);
        const fired: Turn[] = [];
        let upToMs = BEGIN_MS;
        for (const step of steps) {
          const nowMs = upToMs + step;
          const agenda = await Agenda.of([schedule], { afterMs: upToMs, nowMs, pause });
          assert.deepEqual(agenda.missed, []);
          fired.push(...turnsOf(agenda, nowMs));
          assert.ok((agenda.nextMs ?? 0) > nowMs);
          upToMs = nowMs;
        }
        assert.deepEqual(fired, walked(schedule, BEGIN_MS, upToMs));
        for (const { dueMs, turnMs } of fired) assert.ok(turnMs >= dueMs && turnMs < dueMs + windowMinutes * MINUTE_MS);
      }),
      { numRuns: 60 },
    );
  });

  it("fires late after an outage by when it was to fire, and not by when it was due", async () => {
    const once = flexible("at(2026-03-29T09:00:00)", 60);
    const [turn] = walked(once, 0, Infinity);
    assert.ok(turn !== undefined && turn.turnMs > BEGIN_MS);
    const early = await Agenda.of([once], { afterMs: BEGIN_MS + 1, nowMs: BEGIN_MS + 1, pause });
    assert.equal(early.nextMs, turn.turnMs);
    const late = await Agenda.of([once], { afterMs: BEGIN_MS + 1, nowMs: BEGIN_MS + 9_000 * MINUTE_MS, pause });
    assert.deepEqual(turnsOf(late, BEGIN_MS + 9_000 * MINUTE_MS), [turn]);

    const often = flexible("rate(1 minute)", 30);
    const nowMs = BEGIN_MS + 60 * MINUTE_MS;
    const all = walked(often, BEGIN_MS, nowMs);
    const agenda = await Agenda.of([often], { afterMs: BEGIN_MS, nowMs, pause });
    const madeUp = all.filter(({ turnMs }) => turnMs >= nowMs - 5 * MINUTE_MS);
    assert.deepEqual(turnsOf(agenda, nowMs), madeUp);
    assert.deepEqual(agenda.missed, [{ schedule: "s", count: all.length - madeUp.length, firstDueMs: all[0]?.dueMs }]);
  });
});
