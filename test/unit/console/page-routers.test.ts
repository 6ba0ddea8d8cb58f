import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configChanges } from "../../../src/admin-api/configuration/config-changes.ts";
import { figuresOf, summaryByRouters } from "../../../console/src/logic/overview/figures.ts";
import { needsOf } from "../../../console/src/logic/overview/needs.ts";
import { atRouters, runningAlike } from "../../../console/src/logic/destinations/routers.ts";
import { matchedPerMinute, windowsAround } from "../../../console/src/logic/rules/rule-rates.ts";
import { NOW_MS } from "../../support/console/console-answers.ts";
import { ROUTERS } from "../../support/console/console-routers.ts";

describe("The console's page of routers", () => {
  it("has the routers by what they run, and leaves out the silent ones", () => {
    assert.deepEqual(
      runningAlike(ROUTERS).map(({ digest, routers }) => [digest, routers.length]),
      [
        ["9f86d081884c7d65", 1],
        ["60303ae22b998861", 1],
      ],
    );
    assert.deepEqual(atRouters(ROUTERS, "api-destination/crm"), [
      { router: "busbar-7f9c-x1:1", circuit: "open", callsInFlight: 2 },
      { router: "busbar-7f9c-x2:1", circuit: "closed", callsInFlight: 0 },
    ]);
  });

  it("needs somebody when routers run different configurations, or one is silent", () => {
    assert.deepEqual(
      needsOf({ routers: ROUTERS, nowMs: NOW_MS }).map(({ title }) => title),
      ["Routers run different configurations", "Router busbar-7f9c-x3:1 is silent"],
    );
    const [first] = ROUTERS.routers;
    assert.ok(first !== undefined);
    assert.deepEqual(needsOf({ routers: { ...ROUTERS, routers: [first] }, nowMs: NOW_MS }), []);
  });
});

describe("What changed between two configurations", () => {
  it("is said entry by entry, and of a changed one member by member", () => {
    const before = {
      rules: {
        "default/big": { eventPattern: { detail: { total: [{ numeric: [">=", 100] }] } }, targets: { a: {} } },
        "default/same": { targets: {} },
      },
      functions: { old: {} },
      journal: { journal: { bodies: "off" } },
    };
    const after = {
      rules: {
        "default/big": {
          description: "new",
          eventPattern: { detail: { total: [{ numeric: [">=", 1_000] }] } },
          targets: { a: {} },
        },
        "default/same": { targets: {} },
      },
      queues: { fresh: {} },
      journal: { journal: { bodies: "all" } },
    };
    const changes = configChanges(before, after).map(({ what, kind, parts }) => ({ what, kind, parts }));
    assert.deepEqual(
      configChanges(before, after).map(({ rule }) => rule),
      [undefined, undefined, undefined, "default/big"],
    );
    assert.deepEqual(changes, [
      { what: "function old", kind: "removed", parts: [] },
      { what: "journal", kind: "changed", parts: ['bodies: "off" → "all"'] },
      { what: "queue fresh", kind: "added", parts: [] },
      {
        what: "rule default/big",
        kind: "changed",
        parts: ['description: nothing → "new"', "eventPattern.detail.total: ≥ 100 → ≥ 1000"],
      },
    ]);
    assert.deepEqual(configChanges(after, after), []);
  });
});

describe("What a rule matched around a change", () => {
  const MINUTE_MS = 60_000;
  const HOUR_MS = 60 * MINUTE_MS;
  /** On the hour, a whole step of what is counted. */
  const STEP_MS = 1_800_000_000_000;
  const CHANGED_MS = STEP_MS + 4 * MINUTE_MS;
  const flows = { rules: [{ bus: "default", rule: "big", lastHour: 90, lastDay: 900 }], targets: [], isMore: false };

  it("is of the hour before and of what has passed of the hour after, without the step of the change", () => {
    const early = windowsAround(CHANGED_MS, CHANGED_MS + MINUTE_MS);
    assert.deepEqual(early, {
      before: { atMs: STEP_MS - 1, minutes: 60 },
      after: { atMs: STEP_MS + 70 * MINUTE_MS - 1, minutes: 0 },
    });
    assert.equal(windowsAround(CHANGED_MS, STEP_MS + 25 * MINUTE_MS).after.minutes, 15);
    assert.equal(windowsAround(CHANGED_MS, CHANGED_MS + 3 * HOUR_MS).after.minutes, 60);
  });

  it("is a rate, and is not known while nothing has passed or where the rule may have been left out", () => {
    const minutes = (count: number) => ({ atMs: 0, minutes: count });
    assert.equal(matchedPerMinute(flows, minutes(60), "default/big"), "1.5");
    assert.equal(matchedPerMinute(flows, minutes(6), "default/big"), "15");
    assert.equal(matchedPerMinute(flows, minutes(60), "default/other"), "0");
    assert.equal(matchedPerMinute({ ...flows, isMore: true }, minutes(60), "default/other"), undefined);
    assert.equal(matchedPerMinute(flows, minutes(0), "default/big"), undefined);
    assert.equal(matchedPerMinute(undefined, minutes(60), "default/big"), undefined);
  });
});

describe("The numbers of the last hour", () => {
  const MINUTE_MS = 60_000;
  const START_MS = 1_800_000_000_000;
  const journal = (accepted: readonly number[]) => ({
    stepMs: MINUTE_MS,
    steps: accepted.map((count, minute) => ({
      atMs: START_MS + minute * MINUTE_MS,
      accepted: count,
      unmatched: 1,
      delivered: count,
      failed: 0,
      letters: 2,
    })),
  });
  const routers = (accepted: Readonly<Record<number, number>>) => ({
    stepMs: 10_000,
    steps: Object.entries(accepted).map(([seconds, count]) => ({
      atMs: START_MS + Number(seconds) * 1_000,
      accepted: count,
      matched: count,
      unmatched: 0,
      delivered: count,
      failing: 3,
    })),
  });

  it("are the routers' own where the journal knows of fewer events, with the journal's dead letters", () => {
    const known = summaryByRouters(journal([1, 1, 1, 10]), routers({ 120: 8, 180: 40, 190: 40 }));
    const totals = figuresOf(known).map(({ name, total }) => [name, total]);
    assert.deepEqual(Object.fromEntries(totals), {
      Accepted: 88,
      Matched: 88,
      Unmatched: 0,
      Delivered: 88,
      "Failed attempts": 9,
      "Dead letters": 8,
    });
    assert.deepEqual(figuresOf(known)[0]?.values, [0, 0, 8, 80]);
  });

  it("are the journal's where routers have started since, say the same a little later, or nothing", () => {
    assert.equal(summaryByRouters(journal([10, 10, 10]), routers({ 120: 12 })), undefined);
    assert.equal(summaryByRouters(journal([0, 0, 100]), routers({ 120: 105 })), undefined);
    assert.equal(summaryByRouters(journal([5, 0, 0]), routers({ 60: 5 })), undefined);
    assert.equal(summaryByRouters(journal([5]), undefined), undefined);
    assert.equal(summaryByRouters(undefined, routers({ 60: 5 })), undefined);
  });
});
