import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DeliveryWay, ListPage } from "../../../src/admin-api/history/history.ts";
import { listAttempts } from "../../../src/console/index/queries/attempt-list.ts";
import { countEvents, listEvents } from "../../../src/console/index/queries/event-list.ts";
import { deliveryById, eventById } from "../../../src/console/index/queries/event-ways.ts";
import { listHappenings } from "../../../src/console/index/queries/happening-list.ts";
import { groupLetters, listLetters } from "../../../src/console/index/queries/letter-list.ts";
import { coverageOf, summarise } from "../../../src/console/index/queries/overview.ts";
import type { Segment } from "../../../src/console/index/segments/segment.ts";
import { Segments } from "../../../src/console/index/segments/segments.ts";
import { JournalModel, plain, sorted } from "../../support/observe/journal-model.ts";
import { facts, framesOfFacts } from "../../support/observe/journal-world.ts";
import type { RecordedFact } from "../../support/observe/journal-world.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const KINDS = ["circuit", "pause", "reload", "audit", "output", "purge", "redrive", "batch", "job"] as const;

const world = fc.record({
  all: facts,
  cuts: fc.array(fc.nat(6), { maxLength: 20 }),
  batches: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
  segmentEventsMax: fc.constantFrom(1, 2, 3, 1_000),
});
/** A page of so many rows, whose search goes to the next piece of a segment within so long: 0 for one piece a page. */
const pages = fc.record({
  limit: fc.integer({ min: 1, max: 4 }),
  searchMsMax: fc.constantFrom(0, Infinity),
  pieceRows: fc.constantFrom(1, 2, 1_000),
});
type Pages = typeof pages extends fc.Arbitrary<infer Value> ? Value : never;

type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

/** Indexes a world in a folder of its own, opened anew now and then. */
function withIndex({ all, cuts, batches, segmentEventsMax }: World, use: (segments: Segments) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "busbar-index-"));
  const bounds = { bytesMax: Infinity, segmentEventsMax, segmentBytesMax: Infinity };
  let segments = Segments.open(folder, bounds);
  try {
    const frames = framesOfFacts(all, cuts);
    for (let from = 0, turn = 0; from < frames.length; turn++) {
      const size = batches[turn % batches.length] ?? 1;
      // The last frame of the batch before comes once more, as after a lost connection.
      segments.add(frames.slice(Math.max(0, from - 1), from + size));
      from += size;
      if (turn % 4 !== 3) continue;
      segments.close();
      segments = Segments.open(folder, bounds);
    }
    use(segments);
  } finally {
    segments.close();
    rmSync(folder, { recursive: true });
  }
}

/** All pages of a list together, which are the newest first. */
function allPages<Row extends { readonly atMs: number }>(read: (before?: string) => ListPage<Row>): Row[] {
  const rows: Row[] = [];
  for (let before: string | undefined, pages = 0; ; pages++) {
    assert.ok(pages < 1_000, "the list has no end");
    const page = read(before);
    rows.push(...page.rows);
    before = page.next;
    if (before === undefined) break;
  }
  for (const [index, { atMs }] of rows.entries()) {
    const previous = rows[index - 1];
    assert.ok(previous === undefined || previous.atMs >= atMs, "an older row came first");
  }
  return rows;
}

function expectSame(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected));
}

/** The model's lists have no order. */
function expectOldestFirst({ attempts, letters, redrives, records }: DeliveryWay): void {
  for (const ways of [attempts, letters, redrives, records]) {
    const times = ways.map(({ atMs }) => atMs);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  }
  for (const [index, { atMs, attempt }] of attempts.entries()) {
    const previous = attempts[index - 1];
    assert.ok(previous === undefined || previous.atMs < atMs || previous.attempt <= attempt, "an attempt came first");
  }
}

function expectWays(segments: readonly Segment[], model: JournalModel): void {
  for (const id of model.eventIds) expectSame(eventById(segments, id), model.eventById(id));
  for (const id of model.deliveryIds) {
    const answer = deliveryById(segments, id);
    expectSame(answer?.delivery, model.delivery(id));
    if (answer) expectOldestFirst(answer.delivery);
    const { eventId } = model.delivery(id);
    expectSame(answer?.event ?? null, (eventId === undefined ? undefined : model.eventById(eventId)) ?? null);
  }
  assert.equal(eventById(segments, "nobody's"), undefined);
  assert.equal(deliveryById(segments, "nobody's"), undefined);
}

function expectEvents(segments: readonly Segment[], model: JournalModel, pages: Pages): void {
  const { limit, searchMsMax, pieceRows } = pages;
  const events = model.events();
  const expectPages = (filter: object, isFitting: (event: (typeof events)[number]) => boolean) => {
    const expected = events.filter(isFitting);
    expectSame(
      allPages((before) =>
        listEvents(segments, { ...filter, limit, ...(before === undefined ? {} : { before }) }, searchMsMax, pieceRows),
      ),
      expected,
    );
    assert.deepEqual(countEvents(segments, filter), { count: expected.length, isMore: false });
  };
  expectPages({}, () => true);
  for (const outcome of ["delivered", "failing", "failed", "unmatched", "waiting"] as const) {
    expectPages({ outcome }, (event) => event.outcome === outcome);
  }
  for (const destination of ["function/a", "queue/q"]) {
    expectPages({ destination }, ({ id }) => model.destinations(id ?? "").includes(destination));
  }
  expectPages({ rule: "rule-1" }, ({ rules }) => rules?.some(({ rule }) => rule === "rule-1") === true);
  expectPages({ type: "Order", bus: "default" }, ({ type, bus }) => type === "Order" && bus === "default");
  expectPages({ source: "nobody" }, () => false);
  const [from, to] = [events[0]?.atMs ?? 0, events[1]?.atMs ?? 0];
  expectPages({ from, to }, ({ atMs = 0 }) => atMs >= from && atMs <= to);
  for (const { id = "" } of events.slice(0, 3)) expectPages({ id }, (event) => event.id === id);
}

function expectAttempts(segments: readonly Segment[], model: JournalModel, pages: Pages): void {
  const { limit, searchMsMax, pieceRows } = pages;
  const attempts = model.attempts();
  for (const destination of [undefined, "function/a", "nobody"]) {
    for (const failedOnly of [false, true]) {
      const filter = { limit, failedOnly, ...(destination === undefined ? {} : { destination }) };
      expectSame(
        allPages((before) =>
          listAttempts(segments, { ...filter, ...(before === undefined ? {} : { before }) }, searchMsMax, pieceRows),
        ),
        attempts.filter(
          (one) =>
            (destination === undefined || one.destination === destination) &&
            (!failedOnly || one.failure !== undefined),
        ),
      );
    }
  }
}

function expectLetters(segments: readonly Segment[], model: JournalModel, { limit, searchMsMax }: Pages): void {
  for (const filter of [{}, { queue: "mine" }, { destination: "function/a" }, { reason: "server_error" }]) {
    const expected = model
      .letters()
      .filter((letter) =>
        Object.entries(filter).every(([key, value]) => (letter as Record<string, unknown>)[key] === value),
      );
    expectSame(
      allPages((before) =>
        listLetters(segments, { ...filter, limit, ...(before === undefined ? {} : { before }) }, searchMsMax),
      ),
      expected,
    );
    const groups = Map.groupBy(expected, ({ queue, destination, reason }) => plainText({ queue, destination, reason }));
    expectSame(groupLetters(segments, filter), {
      isMore: false,
      groups: [...groups.values()].map((letters) => ({
        queue: letters[0]!.queue,
        destination: letters[0]!.destination,
        reason: letters[0]!.reason,
        count: letters.length,
        oldestAtMs: Math.min(...letters.map(({ atMs }) => atMs)),
        newestAtMs: Math.max(...letters.map(({ atMs }) => atMs)),
      })),
    });
  }
}

function plainText(value: unknown): string {
  return JSON.stringify(plain(value));
}

function expectOverview(segments: readonly Segment[], model: JournalModel, { limit, searchMsMax }: Pages): void {
  for (const kind of KINDS) {
    expectSame(
      allPages((before) =>
        listHappenings(segments, kind, { limit, ...(before === undefined ? {} : { before }) }, searchMsMax),
      ),
      model.happenings(kind),
    );
  }
  const stepMs = 20_000;
  const summary = summarise(segments, { fromMs: 1_700_000_000_000, toMs: 1_700_000_100_000, stepMs });
  const counted = summary.steps.flatMap(({ atMs, ...counts }) => {
    const some = Object.entries(counts).filter(([, count]) => count > 0);
    return some.length === 0 ? [] : [[atMs, Object.fromEntries(some)]];
  });
  expectSame(counted, [...model.summary(stepMs)]);
  const about = {
    position: 1,
    attempts: 0,
    unreadable: 0,
    lostAtMs: undefined,
  };
  const coverage = coverageOf(segments, about, undefined);
  expectSame(sorted(coverage.sampling), model.sampling());
  const times = model.events().map(({ atMs = 0 }) => atMs);
  assert.equal(coverage.oldestAtMs, times.length === 0 ? undefined : Math.min(...times));
  assert.equal(coverage.newestAtMs, times.length === 0 ? undefined : Math.max(...times));
}

function expectAll(all: readonly RecordedFact[], segments: readonly Segment[], pages: Pages): void {
  const model = new JournalModel(all);
  expectWays(segments, model);
  expectEvents(segments, model, pages);
  expectAttempts(segments, model, pages);
  expectLetters(segments, model, pages);
  expectOverview(segments, model, pages);
}

describe("The console's index", () => {
  it("answers every question as the facts are, in whatever order and cut the journal has them", () => {
    fc.assert(
      fc.property(world, pages, (one, how) =>
        withIndex(one, (segments) => expectAll(one.all, segments.newestFirst, how)),
      ),
      propertyRuns(25),
    );
  });
});
