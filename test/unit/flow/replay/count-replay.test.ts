import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Config } from "../../../../src/domain/config.ts";
import type { ReplayOrder } from "../../../../src/domain/replay/replay.ts";
import { createReplayCounts } from "../../../../src/flow/replay/count-replay.ts";
import { CountRefused } from "../../../../src/ports/admin/replays.ts";
import type { ArchivedEvent } from "../../../../src/ports/broker/archive.ts";
import { acceptedRecord, attemptRecord, JournalInMemory } from "./journal-in-memory.ts";
import { archived, CONFIG, HOUR_MS, ORDER } from "./replay-world.ts";

/** Counts with a clock that goes on by so much each time that it is read. */
async function count(
  events: readonly ArchivedEvent[],
  changes: Partial<ReplayOrder> = {},
  config: Config = CONFIG,
  tickMs = 0,
  journal = new JournalInMemory(),
) {
  let nowMs = 0;
  const counts = createReplayCounts({
    archives: {
      extent: (name) =>
        Promise.resolve(name === "all" ? { first: 0, end: events.length, events: 0, bytes: 0 } : undefined),
      read: async (_name, { from, to }, listener, signal) => {
        for (const event of events.slice(from, to)) if (signal?.aborted !== true) await listener([event]);
      },
    },
    journal,
    newId: () => "mark",
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    config: () => config,
    nowMs: () => 0,
    steadyMs: () => (nowMs += tickMs),
    pause: () => Promise.resolve(),
  });
  return counts.count({ ...ORDER, ...changes });
}

describe("The count of a replay", () => {
  const events = [archived(0, 0), archived(1, HOUR_MS), archived(2, HOUR_MS, "other"), archived(3, 2 * HOUR_MS)];

  it("says how many events are in the window, and which rules would match them", async () => {
    assert.deepEqual(await count(events, { fromMs: HOUR_MS, toMs: 2 * HOUR_MS }), {
      events: 3,
      looked: 4,
      end: "finished",
      rules: [
        { bus: "default", rule: "first", events: 2 },
        { bus: "default", rule: "second", events: 2 },
      ],
      unmatched: 1,
      unroutable: {},
    });
    const named = await count(events, { rules: ["second"] });
    assert.deepEqual(named?.rules, [{ bus: "default", rule: "second", events: 3 }]);
  });

  it("says how many are left out where only the undelivered is asked for, and counts the rules that get the others", async () => {
    const journal = new JournalInMemory();
    for (const id of ["e-0-0", `e-1-${HOUR_MS}`]) {
      journal.write(acceptedRecord(id, id === "e-0-0" ? 0 : HOUR_MS));
      for (const [rule, target] of [
        ["first", "a"],
        ["first", "b"],
      ] as const)
        journal.write(attemptRecord(id, { rule, target }, id === "e-0-0" ? 0 : HOUR_MS));
    }
    journal.write(attemptRecord("e-0-0", { rule: "second", target: "c" }, 0));
    const asked = { fromMs: 0, toMs: 2 * HOUR_MS };
    const known = await count(events, { ...asked, undelivered: { unknownToo: false } }, CONFIG, 0, journal);
    assert.deepEqual([known?.events, known?.leftOut], [1, { delivered: 2, unknown: 1 }]);
    assert.deepEqual(known?.rules, [{ bus: "default", rule: "second", events: 1 }]);
    const all = await count(events, { ...asked, undelivered: { unknownToo: true } }, CONFIG, 0, journal);
    assert.deepEqual([all?.events, all?.leftOut], [2, { delivered: 2, unknown: 0 }]);
  });

  it("is refused where no journal is written", async () => {
    const journal = new JournalInMemory();
    journal.isOn = false;
    await assert.rejects(count(events, { undelivered: { unknownToo: false } }, CONFIG, 0, journal), CountRefused);
  });

  it("counts what cannot be put on the bus by its reason", async () => {
    const tooCostly = { rules: [], match: () => "too costly" as const };
    const counted = await count(events, {}, { ...CONFIG, rulesByBus: new Map([["default", tooCostly]]) });
    assert.deepEqual([counted?.events, counted?.unroutable, counted?.unmatched], [4, { unmatchable: 4 }, 0]);
  });

  it("ends after 20 seconds, and knows no archive that the broker has not", async () => {
    const counted = await count(events, {}, CONFIG, 9_000);
    assert.deepEqual([counted?.looked, counted?.end], [3, "time"]);
    assert.equal(await count(events, { archive: "gone" }), undefined);
  });
});
