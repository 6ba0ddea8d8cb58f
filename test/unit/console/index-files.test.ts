import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { followJournal } from "../../../src/console/index/follow.ts";
import { JournalIndex } from "../../../src/console/index/journal-index.ts";
import type { IndexBounds } from "../../../src/console/index/segments/segments.ts";
import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../../src/domain/journal/records.ts";
import type { JournalFrame, JournalReader } from "../../../src/ports/journal.ts";

const START_MS = 1_700_000_000_000;
const UNBOUNDED: IndexBounds = { bytesMax: Infinity, segmentEventsMax: 100, segmentBytesMax: Infinity };
const EVENTS_A_FRAME = 10;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "busbar-index-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function openIndex(t: TestContext, folder: string, bounds = UNBOUNDED): Promise<JournalIndex> {
  const index = await JournalIndex.open(folder, bounds);
  t.after(() => index.terminate());
  return index;
}

/** Event `number`, with one delivery and its attempt. */
function recordsOf(number: number): readonly [event: RecordOf<"event">, attempt: RecordOf<"attempt">] {
  const atMs = START_MS + number;
  const origin = { bus: "default", rule: "rule", target: "target" };
  return [
    {
      kind: "event",
      atMs,
      id: `event-${number}`,
      source: "shop",
      type: "Order",
      bytes: 10,
      routed: {
        bus: "default",
        rules: [{ bus: "default", rule: "rule" }],
        ruleCount: 1,
        published: [{ id: `delivery-${number}`, origin, to: "function/a" }],
        publishedCount: 1,
        letters: [],
        letterCount: 0,
      },
      principal: undefined,
      body: undefined,
      traceparent: undefined,
      fields: undefined,
    },
    {
      kind: "attempt",
      atMs: atMs + 5,
      deliveryId: `delivery-${number}`,
      eventId: `event-${number}`,
      origin,
      destination: "function/a",
      attempt: 1,
      firstAtMs: atMs,
      startedAtMs: atMs + 1,
      callMs: 4,
      invoked: true,
      failure: undefined,
      verdict: "done",
      nextAtMs: undefined,
      letters: [],
      records: [],
      statusCode: 200,
      answer: undefined,
      body: undefined,
      test: undefined,
      synchronous: undefined,
      version: undefined,
    },
  ];
}

/** Frame `number`, from 1, holds ten events and has ten times its number as its position. */
function frameOf(number: number, router = "router"): JournalFrame {
  const builder = new FrameBuilder(router, START_MS);
  const first = (number - 1) * EVENTS_A_FRAME;
  for (let event = first; event < first + EVENTS_A_FRAME; event++) recordsOf(event).forEach((one) => builder.add(one));
  return { position: number * 10, bytes: builder.taken() };
}

/** A frame at a position of its own. */
function frameWith(position: number, records: readonly JournalRecord[]): JournalFrame {
  const builder = new FrameBuilder("router", START_MS);
  for (const record of records) builder.add(record);
  return { position, bytes: builder.taken() };
}

function framesTo(count: number): readonly JournalFrame[] {
  return Array.from({ length: count }, (_, index) => frameOf(index + 1));
}

/** Hands over the frames that follow the start, some at a time, and then nothing more. */
class JournalInMemory implements JournalReader {
  readonly starts: unknown[] = [];
  readonly #frames: readonly JournalFrame[];
  constructor(frames: readonly JournalFrame[]) {
    this.#frames = frames;
  }

  read(start: Parameters<JournalReader["read"]>[0], listener: Parameters<JournalReader["read"]>[1]) {
    this.starts.push(start);
    const after = start.kind === "after" ? start.position : -Infinity;
    const left = this.#frames.filter(({ position }) => position > after);
    const ended = new AbortController();
    const reading = (async () => {
      while (left.length > 0 && !ended.signal.aborted) await listener(left.splice(0, 3));
    })();
    return {
      end: () => {
        ended.abort();
        return reading;
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const FOLLOWING = { nowMs: () => START_MS, onFault: () => undefined };

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const endsAtMs = Date.now() + 10_000; !(await condition()); await sleep(5)) {
    assert.ok(Date.now() < endsAtMs, "it did not come to that within 10 s");
  }
}

async function positionOf(index: JournalIndex): Promise<number | undefined> {
  return (await index.coverage()).position;
}

/** Every event once, delivered by one attempt, and all counts. */
async function expectWhole(index: JournalIndex, frames: number): Promise<void> {
  const events = frames * EVENTS_A_FRAME;
  // A count ends after a tenth of a second, which may be short on a busy machine.
  const counts = async (filter: Parameters<JournalIndex["countEvents"]>[0]): Promise<boolean> =>
    isDeepStrictEqual(await index.countEvents(filter), { count: events, isMore: false });
  await until(() => counts({}));
  await until(() => counts({ outcome: "delivered" }));
  for (const number of [0, Math.floor(events / 2), events - 1]) {
    const way = await index.eventById(`event-${number}`);
    assert.deepEqual([way?.deliveries.length, way?.deliveries[0]?.attempts.length], [1, 1]);
  }
  const { steps } = await index.summary({ fromMs: START_MS, toMs: START_MS + events + 5, stepMs: 10_000 });
  const sum = (name: "accepted" | "delivered") => steps.reduce((all, step) => all + step[name], 0);
  assert.deepEqual([sum("accepted"), sum("delivered")], [events, events]);
}

function segmentFiles(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith(".sqlite"));
}

/** Writes zeros over the first page of a table or an index. */
function wipeRoot(file: string, name: string): void {
  const database = new DatabaseSync(file);
  const root = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(name)?.["rootpage"];
  database.close();
  const bytes = readFileSync(file);
  bytes.fill(0, (Number(root) - 1) * 4096, Number(root) * 4096);
  writeFileSync(file, bytes);
}

describe("The files of the console's index", () => {
  it("go on behind the last frame they hold when the thread was killed while it added, without a gap or a repetition", async (t) => {
    const folder = folderOf(t);
    const frames = framesTo(60);
    const journal = new JournalInMemory(frames);
    for (const killedAfter of [1, 20, 21, 40]) {
      const index = await openIndex(t, folder);
      await followJournal(journal, index, FOLLOWING);
      await until(async () => ((await positionOf(index)) ?? 0) >= killedAfter * 10);
      await index.terminate();
    }
    const index = await openIndex(t, folder);
    await followJournal(journal, index, FOLLOWING);
    await until(async () => (await positionOf(index)) === 600);
    await expectWhole(index, 60);
    assert.deepEqual(journal.starts[0], { kind: "oldest" });
    assert.ok(journal.starts.slice(1).every((start) => (start as { kind: string }).kind === "after"));
    assert.ok(segmentFiles(folder).length > 3);
  });

  it("are deleted from the oldest on when they are over their bound, and its ids are no longer kept", async (t) => {
    const folder = folderOf(t);
    const bounds = { bytesMax: 1024 * 1024, segmentEventsMax: 100, segmentBytesMax: Infinity };
    const index = await openIndex(t, folder, bounds);
    await index.add(framesTo(75));
    await index.add(framesTo(150).slice(75));
    const { bytes, segments, oldestAtMs, newestAtMs } = await index.coverage();
    assert.ok(bytes <= bounds.bytesMax && segments > 1, `${bytes} bytes in ${segments} segments`);
    assert.equal(segmentFiles(folder).length, segments);
    assert.equal(newestAtMs, START_MS + 1_499);
    const oldest = (oldestAtMs ?? 0) - START_MS;
    assert.ok(oldest > 0);
    assert.equal(await index.eventById(`event-${oldest - 1}`), undefined);
    assert.equal(await index.deliveryById(`delivery-${oldest - 1}`), undefined);
    assert.equal((await index.eventById(`event-${oldest}`))?.outcome, "delivered");
    assert.equal((await index.events({ to: START_MS + oldest - 1 })).rows.length, 0);
  });

  it("are bounded by bytes too, with a new segment where the newest is large", async (t) => {
    const folder = folderOf(t);
    const bounds = { bytesMax: Infinity, segmentEventsMax: Infinity, segmentBytesMax: 200 * 1024 };
    const index = await openIndex(t, folder, bounds);
    for (const frame of framesTo(60)) await index.add([frame]);
    assert.ok((await index.coverage()).segments > 1);
    await expectWhole(index, 60);
  });

  for (const [what, damage] of Object.entries({
    "has a header of something else": (file: string) => writeFileSync(file, "no database at all".repeat(1_000)),
    "was cut short": (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2)),
    "is empty": (file: string) => truncateSync(file, 0),
    "is of another version": (file: string) => {
      const database = new DatabaseSync(file);
      database.exec("PRAGMA user_version = 1000");
      database.close();
    },
  })) {
    it(`are indexed again from the journal behind the segment before one that ${what}`, async (t) => {
      const folder = folderOf(t);
      const frames = framesTo(60);
      const first = await openIndex(t, folder);
      await first.add(frames);
      await first.close();
      assert.equal(segmentFiles(folder).length, 6);
      damage(join(folder, "segment-4.sqlite"));
      const index = await openIndex(t, folder);
      assert.deepEqual(await index.start(), { kind: "after", position: 300 });
      assert.equal(segmentFiles(folder).length, 3);
      await followJournal(new JournalInMemory(frames), index, FOLLOWING);
      await until(async () => (await positionOf(index)) === 600);
      await expectWhole(index, 60);
    });
  }

  it("end the index where damage shows later, and are indexed again by the next one", async (t) => {
    const folder = folderOf(t);
    const frames = framesTo(60);
    const first = await openIndex(t, folder, { ...UNBOUNDED, segmentEventsMax: 300 });
    await first.add(frames);
    await first.close();
    wipeRoot(join(folder, "segment-1.sqlite"), "events_id");
    const index = await openIndex(t, folder);
    await assert.rejects(index.eventById("event-1"), { name: "JournalIndexError", reason: "damaged" });
    await assert.rejects(index.coverage(), { reason: "disconnected" });
    const next = await openIndex(t, folder);
    assert.deepEqual(await next.start(), { kind: "oldest" });
    await next.add(frames);
    await expectWhole(next, 60);
  });

  it("count frames that nobody can read, and remember that frames were lost", async (t) => {
    const folder = folderOf(t);
    const index = await openIndex(t, folder);
    await index.add([frameOf(1), { position: 15, bytes: Buffer.from("no frame") }, frameOf(2)]);
    await index.lost(START_MS + 7);
    await index.close();
    const { unreadableFrames, lostAtMs, position } = await (await openIndex(t, folder)).coverage();
    assert.deepEqual(
      { unreadableFrames, lostAtMs, position },
      { unreadableFrames: 1, lostAtMs: START_MS + 7, position: 20 },
    );
  });

  it("keep what a router samples beyond the segment in which it said so", async (t) => {
    const builder = new FrameBuilder("router-2", START_MS);
    builder.add({ kind: "sampling", atMs: START_MS, oneIn: 8 });
    const index = await openIndex(t, folderOf(t), {
      bytesMax: 1024 * 1024,
      segmentEventsMax: 100,
      segmentBytesMax: Infinity,
    });
    await index.add([{ position: 1, bytes: builder.taken() }]);
    await index.add(framesTo(150));
    const { sampling, oldestAtMs } = await index.coverage();
    assert.ok((oldestAtMs ?? 0) > START_MS);
    assert.deepEqual(sampling, [{ router: "router-2", oneIn: 8, sinceMs: START_MS }]);
  });
});

describe("A question to the console's index", () => {
  it("that is out of its bounds is refused", async (t) => {
    const index = await openIndex(t, folderOf(t));
    const refused = { name: "JournalIndexError", reason: "refused" };
    await assert.rejects(index.events({ before: "yesterday" }), refused);
    await assert.rejects(index.summary({ fromMs: 0, toMs: START_MS, stepMs: 10_000 }), refused);
  });

  it("has no page of more than 1,000 rows, and looks at 10,000 at most: at none that was delivered for what failed", async (t) => {
    const index = await openIndex(t, folderOf(t), { ...UNBOUNDED, segmentEventsMax: Infinity });
    const all = Array.from({ length: 10_001 }, (_, number) => recordsOf(number));
    await index.add([
      frameWith(
        1,
        all.map(([event]) => event),
      ),
    ]);
    assert.equal((await index.events({ limit: 5_000 })).rows.length, 1_000);
    assert.deepEqual(await index.countEvents({}), { count: 10_000, isMore: true });
    assert.deepEqual(await index.countEvents({ outcome: "failed" }), { count: 0, isMore: true });
    await index.add([
      frameWith(
        2,
        all.map(([, attempt]) => attempt),
      ),
    ]);
    assert.deepEqual(await index.countEvents({ outcome: "failed" }), { count: 0, isMore: false });
  });

  it("about what fails finds an event whose record does not list the delivery, whenever its event becomes known", async (t) => {
    const index = await openIndex(t, folderOf(t));
    const [event, attempt] = recordsOf(0);
    const failing = {
      ...attempt,
      deliveryId: "unlisted",
      verdict: "retry",
      failure: { reason: "timeout", message: "no answer", statusCode: undefined },
    };
    await index.add([frameWith(1, [{ ...failing, eventId: undefined, origin: undefined }])]);
    await index.add([frameWith(2, [event, attempt])]);
    assert.equal((await index.events({ outcome: "failing" })).rows.length, 0);
    await index.add([frameWith(3, [{ ...failing, attempt: 2 }])]);
    assert.deepEqual(
      (await index.events({ outcome: "failing" })).rows.map(({ id }) => id),
      [event.id],
    );
  });

  it("cannot be asked when the index is closed", async (t) => {
    const index = await openIndex(t, folderOf(t));
    await index.close();
    await assert.rejects(index.eventById("event-1"), { reason: "disconnected" });
    assert.ok(index.ended.aborted);
  });
});
