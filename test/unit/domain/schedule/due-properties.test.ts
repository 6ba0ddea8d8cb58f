import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseScheduleExpression } from "../../../../src/domain/schedule/expression.ts";
import { nextDue } from "../../../../src/domain/schedule/next-due.ts";
import { timeZoneOf } from "../../../../src/domain/schedule/time-zone.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const MINUTE_MS = 60_000;

/** A field as text, and the numbers that it stands for, counted one by one. */
interface Field {
  readonly text: string;
  readonly values: ReadonlySet<number>;
}

function fieldOf(min: number, max: number): fc.Arbitrary<Field> {
  const number = fc.integer({ min, max });
  const all = Array.from({ length: max - min + 1 }, (_, at) => min + at);
  const every = fc.constant({ text: "*", values: new Set(all) });
  const list = fc
    .uniqueArray(number, { minLength: 1, maxLength: 4 })
    .map((values) => ({ text: values.join(","), values: new Set(values) }));
  const stepped = fc.tuple(number, fc.integer({ min: 1, max: 20 })).map(([from, step]) => ({
    text: `${from}/${Math.min(step, max)}`,
    values: new Set(all.filter((value) => value >= from && (value - from) % Math.min(step, max) === 0)),
  }));
  const range = fc.tuple(number, number).map(([from, to]) => ({
    text: `${from}-${to}`,
    values: new Set(all.filter((value) => (from <= to ? value >= from && value <= to : value >= from || value <= to))),
  }));
  return fc.oneof(every, list, stepped, range);
}

const expressions = fc.record({ minutes: fieldOf(0, 59), hours: fieldOf(0, 23), daysOfWeek: fieldOf(1, 7) });

/** What clocks in a zone show, told by a formatter that the code under test does not use. */
function clockOf(zoneName: string): (atMs: number) => { readonly text: string; readonly weekday: number } {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zoneName,
    weekday: "short",
    day: "2-digit",
    month: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  return (atMs) => {
    const text = format.format(atMs);
    return { text, weekday: days.indexOf(text.slice(0, 3)) + 1 };
  };
}

/** Looks at every minute: the first one after an instant that fits and that clocks show for the first time. */
function modelNext(fields: { minutes: Field; hours: Field; daysOfWeek: Field }, zoneName: string, afterMs: number) {
  const clock = clockOf(zoneName);
  const shown = new Set<string>();
  // Three hours back: what clocks show twice, they show twice within that.
  const firstMs = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS - 180 * MINUTE_MS;
  for (let atMs = firstMs; atMs < afterMs + 9 * 1_440 * MINUTE_MS; atMs += MINUTE_MS) {
    const { text, weekday } = clock(atMs);
    const [hour, minute] = text.slice(-5).split(":").map(Number);
    const fits =
      fields.hours.values.has(hour ?? -1) &&
      fields.minutes.values.has(minute ?? -1) &&
      fields.daysOfWeek.values.has(weekday);
    if (fits && atMs > afterMs && !shown.has(text)) return atMs;
    shown.add(text);
  }
  return undefined;
}

const zoneNames = ["UTC", "Europe/Berlin", "Australia/Lord_Howe"];
/** Hours before and after clocks change: in Berlin by an hour, on Lord Howe Island by half of one. */
const CHANGES = ["2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-04-04T15:00Z", "2026-10-03T15:30Z"].map(Date.parse);

const instants = fc
  .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -300 * MINUTE_MS, max: 300 * MINUTE_MS }))
  .map(([changeMs, byMs]) => changeMs + byMs);

describe("the next due time", () => {
  it("is the one that a search of every minute finds, in three zones, where clocks change", () => {
    fc.assert(
      fc.property(expressions, fc.constantFrom(...zoneNames), instants, (fields, zoneName, afterMs) => {
        const text = `cron(${fields.minutes.text} ${fields.hours.text} ? * ${fields.daysOfWeek.text} *)`;
        const read = parseScheduleExpression(text, "rule");
        const zone = timeZoneOf(zoneName);
        assert.ok(read.ok && zone !== undefined, text);
        const dueMs = nextDue({ expression: read.expression, zone }, afterMs);
        const expectedMs = modelNext(fields, zoneName, afterMs);
        assert.equal(dueMs, expectedMs ?? dueMs, `${text} in ${zoneName} after ${new Date(afterMs).toISOString()}`);
        assert.ok(dueMs !== undefined && dueMs > afterMs);
      }),
      propertyRuns(60),
    );
  });

  it("of a rate is a whole number of periods from its start, later than its argument, and none lies between", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom(["minutes", MINUTE_MS] as const, ["hours", 60 * MINUTE_MS] as const),
        fc.integer({ min: 0, max: 2e12 }),
        fc.integer({ min: 0, max: 4e12 }),
        (value, [unit, unitMs], startMs, afterMs) => {
          const read = parseScheduleExpression(`rate(${value} ${unit})`, "scheduler");
          const zone = timeZoneOf("UTC");
          assert.ok(read.ok && zone !== undefined);
          const dueMs = nextDue({ expression: read.expression, zone, startMs }, afterMs);
          assert.ok(dueMs !== undefined && dueMs > afterMs && dueMs >= startMs);
          assert.equal((dueMs - startMs) % (value * unitMs), 0);
          assert.ok(dueMs === startMs || dueMs - value * unitMs <= afterMs);
        },
      ),
    );
  });
});
