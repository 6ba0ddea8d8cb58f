import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ScheduleDialect } from "../../../../src/domain/schedule/expression.ts";
import { parseScheduleExpression } from "../../../../src/domain/schedule/expression.ts";
import { nextDue } from "../../../../src/domain/schedule/next-due.ts";
import { timeZoneOf } from "../../../../src/domain/schedule/time-zone.ts";

const isRead = (text: string, dialect: ScheduleDialect) => parseScheduleExpression(text, dialect).ok;

/** Recorded on AWS, or in its user guides: what each of the two takes. */
const BOTH = [
  "rate(1 minute)",
  "rate(10 minutes)",
  "rate(1 hour)",
  "rate(2 hours)",
  "rate(1 day)",
  "rate(999999999 days)",
  "cron(0 12 * * ? *)",
  "cron(0/15 * * * ? *)",
  "cron(*/15 * * * ? *)",
  "cron(0-59/10 * * * ? *)",
  "cron(0-15/1 0-23/2 * * ? *)",
  "cron(0 8-8 ? * MON-FRI *)",
  "cron(0 8 ? * mon-fri *)",
  "cron(0 8 1,15 JAN,FEB ? 2026-2028)",
  "cron(0 20-2 * * ? *)",
  "cron(0 8 ? * FRI-MON *)",
  "cron(0 8 L * ? *)",
  "cron(0 8 LW * ? *)",
  "cron(0 8 3W * ? *)",
  "cron(0 8 ? * 6L *)",
  "cron(0 8 ? * L *)",
  "cron(0 8 ? * 3#2 *)",
  "cron(0 8 ? * SAT#3 *)",
  "cron(0 8 * * ? 2002-2005)",
  "cron(0 8 * * ? 1970-2199)",
];

const SCHEDULER_ONLY = [
  "rate(1 minutes)",
  "rate(1 hours)",
  "rate(1 days)",
  "rate(10 minute)",
  "rate(10 hour)",
  "rate(10 day)",
  "at(2022-12-31T23:59:59)",
];

const NEITHER = [
  "",
  "rate()",
  "rate(10)",
  "rate(0 minutes)",
  "rate(1.5 hours)",
  "rate(10 MINUTES)",
  "rate(10 seconds)",
  "rate(10 years)",
  "rate(10 minutess)",
  "rate(foo minutes)",
  "rate(-10 minutes)",
  "rate( 10 minutes )",
  "rate(10  minutes)",
  " rate(10 minutes)",
  "rate(10 minutes) ",
  "rate(10000000000 days)",
  "RATE(10 minutes)",
  "at(2021-12-31T23:59:59Z)",
  "at(2021-12-31)",
  "at(2021-02-30T00:00:00)",
  "at(2021-12-31T24:00:00)",
  "cron()",
  "cron(INVALID)",
  "cron(0 12 * * ?)",
  "cron(0 0 12 * * ? *)",
  "cron(0 12 * * * *)",
  "cron(0 12 ? * ? *)",
  "cron(0 12 1 * MON *)",
  "cron(0 12 * * MON *)",
  "cron(71 12 * * ? *)",
  "cron(0 24 * * ? *)",
  "cron(0 12 0 * ? *)",
  "cron(0 12 32 * ? *)",
  "cron(0 12 * 13 ? *)",
  "cron(0 12 ? * 8 *)",
  "cron(0 12 ? * 0 *)",
  "cron(0 12 * * ? 2200)",
  "cron(0 12 * * ? 2030-2026)",
  "cron(0 12 * dummy ? *)",
  "cron(0 12 ? * NOT *)",
  "cron(0 12 ? * 3#1,6#3 *)",
  "cron(0 12 ? * 3#6 *)",
  "cron(0 12 ? * 3#0 *)",
  "cron(0 12 32W * ? *)",
  "cron(0 12 ? * 8L *)",
  "cron(L 12 * * ? *)",
  "cron(? 12 * * ? *)",
  "cron(0/0 12 * * ? *)",
  "cron(0/61 12 * * ? *)",
  "cron(1-2-3 12 * * ? *)",
  "cron(0/5/5 12 * * ? *)",
  "cron(, 12 * * ? *)",
  `cron(${"0,".repeat(150)}0 12 * * ? *)`,
];

describe("schedule expressions", () => {
  it("are read by both dialects, by Scheduler alone or by neither, as the tables of AWS say", () => {
    for (const text of BOTH) assert.deepEqual([isRead(text, "rule"), isRead(text, "scheduler")], [true, true], text);
    for (const text of SCHEDULER_ONLY)
      assert.deepEqual([isRead(text, "rule"), isRead(text, "scheduler")], [false, true], text);
    for (const text of NEITHER)
      assert.deepEqual([isRead(text, "rule"), isRead(text, "scheduler")], [false, false], text);
  });

  it("that are wrong are answered with what was expected", () => {
    const reasonOf = (text: string, dialect: ScheduleDialect = "scheduler") => {
      const read = parseScheduleExpression(text, dialect);
      return read.ok ? undefined : read.reason;
    };
    assert.equal(reasonOf("rate(10 hour)", "rule"), "must say hours after 10");
    assert.equal(reasonOf("rate(1 hours)", "rule"), "must say hour after 1");
    assert.equal(reasonOf("cron(0 24 * * ? *)"), 'hours: "24" is not in 0..23');
    assert.equal(reasonOf("cron(0 0 ? * MOM *)"), 'day of week: "MOM" is not in 1..7 or SUN..SAT');
    assert.equal(reasonOf("cron(0 0 * * * *)"), "exactly one of day-of-month and day-of-week must be ?");
  });

  it("of 256 characters are read in bounded time, and longer ones are refused unread", () => {
    assert.equal(isRead(`cron(0 ${"0-23,".repeat(46)}0 * * ? *)`, "rule"), true);
    const read = parseScheduleExpression(`cron(0 0 * * ? *)${" ".repeat(10_000_000)}`, "scheduler");
    assert.deepEqual(read, { ok: false, reason: "must have at most 256 characters" });
  });
});

/** The first due times after an instant, as ISO texts without seconds. */
function dueAfter(text: string, after: string, count: number, zoneName = "UTC"): readonly string[] {
  const read = parseScheduleExpression(text, "scheduler");
  const zone = timeZoneOf(zoneName);
  assert.ok(read.ok && zone !== undefined, text);
  const times: string[] = [];
  for (let atMs: number | undefined = Date.parse(after); times.length < count;) {
    atMs = nextDue({ expression: read.expression, zone }, atMs);
    if (atMs === undefined) break;
    times.push(new Date(atMs).toISOString().slice(0, 16));
  }
  return times;
}

describe("due times", () => {
  it("of L, W, # and ranges past the end are those that the user guide tells", () => {
    const from = "2026-01-01T00:00:00Z";
    const rows: readonly (readonly [string, readonly string[]])[] = [
      ["cron(0 12 L * ? *)", ["2026-01-31T12:00", "2026-02-28T12:00", "2026-03-31T12:00"]],
      ["cron(0 12 LW * ? *)", ["2026-01-30T12:00", "2026-02-27T12:00", "2026-03-31T12:00"]],
      // The 3rd is a Saturday in January, and the 1st one in August.
      ["cron(0 12 3W * ? *)", ["2026-01-02T12:00", "2026-02-03T12:00"]],
      ["cron(0 12 1W 8 ? 2026)", ["2026-08-03T12:00"]],
      // The last day of May is a Sunday.
      ["cron(0 12 31W 5 ? 2026)", ["2026-05-29T12:00"]],
      ["cron(0 12 31W 2 ? *)", []],
      ["cron(0 12 ? * 6L *)", ["2026-01-30T12:00", "2026-02-27T12:00"]],
      // The last day of January is a Saturday.
      ["cron(0 12 ? * 7L *)", ["2026-01-31T12:00", "2026-02-28T12:00"]],
      ["cron(0 12 ? * L *)", ["2026-01-03T12:00", "2026-01-10T12:00"]],
      ["cron(0 12 ? * 3#2 *)", ["2026-01-13T12:00", "2026-02-10T12:00"]],
      ["cron(0 12 ? * 1 *)", ["2026-01-04T12:00", "2026-01-11T12:00"]],
      ["cron(0 12 ? * SAT-SUN *)", ["2026-01-03T12:00", "2026-01-04T12:00", "2026-01-10T12:00"]],
      ["cron(0 20-2/2 ? * THU *)", ["2026-01-01T02:00", "2026-01-01T20:00", "2026-01-01T22:00", "2026-01-08T00:00"]],
      ["cron(50/5 23 31 12 ? *)", ["2026-12-31T23:50", "2026-12-31T23:55", "2027-12-31T23:50"]],
      ["cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00"]],
      ["cron(0 0 30 2 ? *)", []],
      ["cron(0 12 * * ? 2002-2005)", []],
      ["cron(0 12 31 12 ? 2199)", ["2199-12-31T12:00"]],
    ];
    for (const [text, expected] of rows) {
      const count = Math.max(1, expected.length);
      assert.deepEqual(dueAfter(text, from, count), expected, text);
    }
  });

  it("that clocks skip in spring are left out, and those that they repeat in autumn come once", () => {
    const berlin = "Europe/Berlin";
    assert.deepEqual(dueAfter("cron(30 2 * * ? *)", "2026-03-27T12:00:00Z", 2, berlin), [
      "2026-03-28T01:30",
      "2026-03-30T00:30",
    ]);
    assert.deepEqual(dueAfter("cron(30 2 * * ? *)", "2026-10-24T12:00:00Z", 2, berlin), [
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
    assert.deepEqual(dueAfter("cron(0/30 * * * ? *)", "2026-10-25T00:00:00Z", 3, berlin), [
      "2026-10-25T00:30",
      "2026-10-25T02:00",
      "2026-10-25T02:30",
    ]);
    assert.deepEqual(dueAfter("at(2026-03-29T02:30:00)", "2026-01-01T00:00:00Z", 1, berlin), []);
    assert.deepEqual(dueAfter("at(2026-10-25T02:30:00)", "2026-01-01T00:00:00Z", 2, berlin), ["2026-10-25T00:30"]);
    // 24 hours each: 12:00 in winter is 13:00 in summer.
    assert.deepEqual(dueAfter("rate(1 day)", "2026-03-28T12:00:00Z", 2, berlin), [
      "2026-03-29T00:00",
      "2026-03-30T00:00",
    ]);
  });

  it("of a rate begin with its start, and none is after the end", () => {
    const read = parseScheduleExpression("rate(7 minutes)", "scheduler");
    assert.ok(read.ok);
    const zone = timeZoneOf("UTC");
    assert.ok(zone !== undefined);
    const startMs = Date.parse("2026-05-01T10:03:20Z");
    const timing = { expression: read.expression, zone, startMs, endMs: startMs + 14 * 60_000 };
    const times: (number | undefined)[] = [];
    for (let atMs: number | undefined = 0; atMs !== undefined; times.push(atMs)) atMs = nextDue(timing, atMs);
    assert.deepEqual(times, [startMs, startMs + 7 * 60_000, startMs + 14 * 60_000, undefined]);
  });

  it("need a zone of the IANA database", () => {
    assert.equal(timeZoneOf("Mars/Olympus"), undefined);
    assert.equal(timeZoneOf("+01:00"), undefined);
    assert.equal(timeZoneOf("x".repeat(1_000_000)), undefined);
    assert.notEqual(timeZoneOf("America/New_York"), undefined);
  });
});
