import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { JournalRecord } from "../../../src/domain/journal/records.ts";
import { followJournal } from "../../../src/console/index/follow.ts";
import { deliveryById } from "../../../src/console/index/queries/event-ways.ts";
import { listHappenings } from "../../../src/console/index/queries/happening-list.ts";
import { groupLetters } from "../../../src/console/index/queries/letter-list.ts";
import { countOf, examine } from "../../../src/console/index/queries/pages.ts";
import type { Placed, RowPlace } from "../../../src/console/index/queries/search.ts";
import type { Segment } from "../../../src/console/index/segments/segment.ts";
import { Segments } from "../../../src/console/index/segments/segments.ts";
import type { JournalFrame } from "../../../src/ports/journal.ts";

const ORIGIN = { bus: "default", rule: "r", target: "t" };
const JOB_ID = "5b0173e0-cb0b-4769-95a2-165fc50c2130";

/** An index of these records, the newest segment first. */
function indexOf(t: TestContext, records: readonly JournalRecord[]): readonly Segment[] {
  const folder = mkdtempSync(join(tmpdir(), "busbar-index-lists-"));
  const segments = Segments.open(folder, { bytesMax: Infinity, segmentEventsMax: Infinity, segmentBytesMax: Infinity });
  t.after(() => {
    segments.close();
    rmSync(folder, { recursive: true });
  });
  const builder = new FrameBuilder("router-1", 0);
  for (const record of records) builder.add(record);
  segments.add([{ position: 1, bytes: builder.taken() }]);
  return segments.newestFirst;
}

function redrive(atMs: number, jobId: string | undefined): JournalRecord {
  const became = { letters: [], routed: [], deliveryIds: ["d-1"], routedEventIds: undefined };
  return { kind: "redrive", atMs, queue: "failed", to: "target", count: 1, ...became, jobId };
}

function letter(atMs: number, id: string, reason: string): JournalRecord {
  return { kind: "letter", atMs, letter: { id, eventId: undefined, origin: ORIGIN, queue: "failed", reason } };
}

function* rows(count: number, end?: RowPlace): Generator<Placed, RowPlace | undefined> {
  for (let n = 0; n < count; n++) yield { place: { atMs: n, segment: 1, seq: n } } as Placed;
  return end;
}

describe("The index", () => {
  it("names the job of a redrive and of a purge, where their records do", (t) => {
    const purge = { kind: "purge", queue: "failed", count: 3 } as const;
    const purges = [
      { ...purge, atMs: 3, jobId: JOB_ID },
      { ...purge, atMs: 4, jobId: undefined },
    ] as const;
    const segments = indexOf(t, [redrive(1, undefined), redrive(2, JOB_ID), ...purges]);
    const of = { router: "router-1", queue: "failed" };
    assert.deepEqual(deliveryById(segments, "d-1")?.delivery.redrives, [
      { atMs: 1, ...of, to: "target" },
      { atMs: 2, ...of, to: "target", jobId: JOB_ID },
    ]);
    const jobsOf = (kind: "purge" | "redrive") => listHappenings(segments, kind, {}).rows.map(({ jobId }) => jobId);
    assert.deepEqual(
      [jobsOf("purge"), jobsOf("redrive")],
      [
        [undefined, JOB_ID],
        [JOB_ID, undefined],
      ],
    );
  });

  it("finds the calls that had a message, the last one first", (t) => {
    const call = {
      kind: "batch",
      mapping: "reads",
      function: "work",
      source: "queue/orders",
      requestId: "r",
      startedAtMs: 0,
      records: 2,
      outcome: "success",
      failure: undefined,
    } as const;
    const segments = indexOf(t, [
      { ...call, atMs: 1, failed: 1, recordIds: ["a", "b"], failedIds: ["b"] },
      { ...call, atMs: 2, failed: 0, recordIds: ["b"], failedIds: [] },
      { ...call, atMs: 3, failed: 0, recordIds: ["c"], failedIds: [] },
    ]);
    const callsOf = (record: string) => listHappenings(segments, "batch", { record }).rows.map(({ atMs }) => atMs);
    assert.deepEqual(callsOf("b"), [2, 1]);
    assert.deepEqual(callsOf("d"), []);
    assert.deepEqual(listHappenings(segments, "batch", { subject: "other" }).rows, []);
  });

  it("groups dead letters, the largest group first, with its oldest and newest", (t) => {
    const few = [letter(90, "a-1", "timeout"), letter(99, "a-2", "timeout")];
    const many = [10, 30, 20].map((atMs) => letter(atMs, `b-${atMs}`, "client_error"));
    const { groups, isMore } = groupLetters(indexOf(t, [...few, ...many]), {});
    assert.deepEqual(
      groups.map(({ reason, count, oldestAtMs, newestAtMs }) => [reason, count, oldestAtMs, newestAtMs]),
      [
        ["client_error", 3, 10, 30],
        ["timeout", 2, 90, 99],
      ],
    );
    assert.equal(isMore, false);
  });

  it("looks at 10,000 rows for one answer, and says that there are more", () => {
    let looked = 0;
    assert.equal(
      examine(rows(10_001), () => ++looked > 0),
      "stopped",
    );
    assert.equal(looked, 10_000);
    assert.equal(
      examine(rows(10_000), () => true),
      undefined,
    );
    assert.deepEqual(
      countOf(rows(10_001), ({ place }) => place.seq % 2 === 0),
      { count: 5_000, isMore: true },
    );
    const end = { atMs: 1, segment: 2, seq: 3 };
    assert.deepEqual(
      examine(rows(3, end), () => true),
      end,
    );
  });

  it("is fed the same frames each second while it cannot take them, and a fault is reported once", async () => {
    const frames: readonly JournalFrame[] = [{ position: 7, bytes: Buffer.alloc(1) }];
    const faults: string[] = [];
    const added: number[] = [];
    const begunMs = performance.now();
    let left = 2;
    const index = {
      start: () => Promise.resolve(undefined),
      ended: new AbortController().signal,
      lost: () => Promise.resolve(),
      add: (some: readonly JournalFrame[]) => {
        if (left-- > 0) return Promise.reject(new Error("the disk is full"));
        added.push(...some.map(({ position }) => position));
        return Promise.resolve();
      },
    };
    let handed: Promise<void> = Promise.resolve();
    const reader = {
      read: (_start: unknown, listener: (some: readonly JournalFrame[]) => Promise<void>) => {
        handed = listener(frames);
        return { end: () => Promise.resolve() };
      },
    };
    const options = { nowMs: () => 0, onFault: (error: unknown) => void faults.push(String(error)) };
    const reading = await followJournal(reader as never, index as never, options);
    await handed;
    assert.deepEqual([added, faults], [[7], ["Error: the disk is full"]]);
    assert.ok(performance.now() - begunMs > 1_900);
    await reading.end();
  });
});
