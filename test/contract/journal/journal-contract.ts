import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { JOURNAL_FRAME_BYTES_MAX } from "../../../src/ports/journal.ts";
import type { OpenJournal } from "./journal-case.ts";
import { appendAll, frame, JournalInbox, journalCases, numbered, refusalOf } from "./journal-case.ts";
import { within } from "../waiting.ts";

const MIB = 1024 * 1024;
const SMALL = { bytesMax: 4 * MIB };

/** What each place that keeps the journal does: `JournalWriter` and `JournalReader`. */
export function journalContract(name: string, open: OpenJournal): void {
  const journalCase = journalCases(open);

  describe(`${name}: the journal`, () => {
    journalCase("hands over what is kept and then what comes, in order and byte for byte", async (journal) => {
      const writer = await journal.openWriter();
      const inbox = new JournalInbox();
      const frames = Array.from({ length: 30 }, (_, n) => randomBytes(1 + n * 1_000));
      for (const each of frames.slice(0, 20)) await writer.append(each);
      inbox.read(await journal.openReader());
      await inbox.has(20);
      for (const each of frames.slice(20)) await writer.append(each);
      await inbox.has(30);
      assert.deepEqual(
        inbox.frames.map(({ bytes }) => bytes),
        frames,
      );
      inbox.assertPositionsGrow();
      assert.equal(inbox.lost, 0);
    });

    journalCase("can be read before anything was written, or made", async (journal) => {
      const inbox = new JournalInbox();
      inbox.read(await journal.openReader());
      const writer = await journal.openWriter();
      await appendAll(writer, ["first", "second"]);
      await inbox.has(2);
      assert.deepEqual([inbox.names, inbox.lost], [["first", "second"], 0]);
    });

    journalCase("is read on behind a frame that was read before", async (journal) => {
      const writer = await journal.openWriter();
      const names = numbered(10);
      await appendAll(writer, names);
      const before = new JournalInbox();
      before.read(await journal.openReader());
      await before.has(10);
      const reader = await journal.openReader();
      const [middle, last] = [new JournalInbox(), new JournalInbox()];
      middle.read(reader, { kind: "after", position: before.frames[3]?.position ?? NaN });
      last.read(reader, { kind: "after", position: before.frames[9]?.position ?? NaN });
      await middle.has(6);
      await writer.append(frame("next"));
      await middle.hasName("next");
      await last.hasName("next");
      assert.deepEqual(middle.names, [...names.slice(4), "next"]);
      assert.deepEqual(last.names, ["next"]);
      assert.deepEqual([middle.lost, last.lost], [0, 0]);
    });

    journalCase("is read from about a time on", async (journal) => {
      const writer = await journal.openWriter();
      await appendAll(writer, ["old"]);
      await delay(1_200);
      const atMs = Date.now();
      await delay(1_200);
      await appendAll(writer, ["new-1", "new-2"]);
      const reader = await journal.openReader();
      const [since, sinceLongAgo, later] = [new JournalInbox(), new JournalInbox(), new JournalInbox()];
      since.read(reader, { kind: "time", atMs });
      sinceLongAgo.read(reader, { kind: "time", atMs: atMs - 3_600_000 });
      later.read(reader, { kind: "time", atMs: atMs + 3_600_000 });
      await since.has(2);
      await sinceLongAgo.has(3);
      await delay(500);
      await appendAll(writer, ["new-3"]);
      for (const inbox of [since, sinceLongAgo, later]) await inbox.hasName("new-3");
      assert.deepEqual(since.names, ["new-1", "new-2", "new-3"]);
      assert.deepEqual(sinceLongAgo.names, ["old", "new-1", "new-2", "new-3"]);
      assert.deepEqual([since.lost, sinceLongAgo.lost, later.lost], [0, 0, 0]);
    });

    journalCase("gives a slow listener every frame, and few at a time", async (journal) => {
      const writer = await journal.openWriter();
      const inbox = new JournalInbox();
      inbox.hold();
      inbox.read(await journal.openReader());
      const names = numbered(40);
      await appendAll(writer, names, MIB);
      await inbox.has(1);
      assert.ok(inbox.frames.length <= 17, `${inbox.frames.length} frames were handed over at once`);
      inbox.release();
      await inbox.has(40);
      assert.deepEqual(inbox.names, names);
      const mostBytes = Math.max(...inbox.batchBytes);
      assert.ok(mostBytes <= 17 * MIB, `${mostBytes} bytes were handed over at once`);
    });

    journalCase("hands each reader the frames of all writers in the same order", async (journal) => {
      const writers = [await journal.openWriter(), await journal.openWriter()];
      const inboxes = [new JournalInbox(), new JournalInbox(), new JournalInbox()];
      const reader = await journal.openReader();
      inboxes[0]?.read(reader);
      inboxes[1]?.read(reader);
      inboxes[2]?.read(await journal.openReader());
      await Promise.all(writers.map((writer, n) => appendAll(writer, numbered(50, `w${n}`))));
      for (const inbox of inboxes) await inbox.has(100);
      for (const inbox of inboxes) {
        assert.deepEqual(inbox.frames, inboxes[0]?.frames);
        inbox.assertPositionsGrow();
      }
      for (const n of [0, 1]) {
        const own = inboxes[0]?.names.filter((each) => each.startsWith(`w${n}`));
        assert.deepEqual(own, numbered(50, `w${n}`));
      }
    });

    journalCase(
      "keeps the newest frames and deletes the oldest, bounded by bytes",
      async (journal) => {
        const writer = await journal.openWriter();
        const names = numbered(200);
        await appendAll(writer, names, 60_000);
        const inbox = new JournalInbox();
        inbox.read(await journal.openReader());
        await inbox.hasName("f-199");
        const keptBytes = inbox.frames.length * 60_000;
        assert.ok(keptBytes > SMALL.bytesMax * 0.6 && keptBytes < SMALL.bytesMax * 1.3, `${keptBytes} bytes are kept`);
        assert.deepEqual(inbox.names, names.slice(-inbox.frames.length));
        assert.equal(inbox.lost, 0);
      },
      SMALL,
    );

    journalCase(
      "tells a reader that was behind that frames were deleted, and goes on with the oldest",
      async (journal) => {
        const writer = await journal.openWriter();
        const reader = await journal.openReader();
        await appendAll(writer, ["read"]);
        const slow = new JournalInbox();
        slow.hold();
        slow.read(reader);
        await slow.has(1);
        const names = numbered(200);
        await appendAll(writer, names, 60_000);
        slow.release();
        await slow.hasName("f-199");
        // What is too much may be deleted in several steps, some of them while it is read.
        const written = ["read", ...names];
        assert.deepEqual(slow.lostAt, gapsOf(slow.names, written));
        assert.notEqual(slow.lost, 0);

        const late = new JournalInbox();
        late.read(reader, { kind: "after", position: slow.frames[0]?.position ?? NaN });
        await late.hasName("f-199");
        assert.deepEqual(
          late.lostAt.map((behind) => behind + 1),
          gapsOf(["read", ...late.names], written),
        );
        assert.equal(late.lostAt[0], 0);
      },
      SMALL,
    );

    journalCase(
      "deletes what is too old",
      async (journal) => {
        const writer = await journal.openWriter();
        await appendAll(writer, numbered(4, "old"), 200_000);
        await delay(2_200);
        await appendAll(writer, numbered(6, "new"), 200_000);
        const inbox = new JournalInbox();
        inbox.read(await journal.openReader());
        await inbox.hasName("new-5");
        assert.ok(!inbox.names.includes("old-0"), inbox.names.join());
        assert.deepEqual(
          inbox.names.filter((each) => each.startsWith("new")),
          numbered(6, "new"),
        );
      },
      { ...SMALL, ageMsMax: 1_000 },
    );

    journalCase("takes the longest frame, and refuses a longer one", async (journal) => {
      const writer = await journal.openWriter();
      const longest = randomBytes(JOURNAL_FRAME_BYTES_MAX);
      await writer.append(longest);
      assert.equal(await refusalOf(writer.append(Buffer.alloc(JOURNAL_FRAME_BYTES_MAX + 1))), "unstorable");
      const inbox = new JournalInbox();
      inbox.read(await journal.openReader());
      await inbox.has(1);
      assert.ok(inbox.frames[0]?.bytes.equals(longest));
    });

    journalCase("hands over nothing to a reading that has ended, and refuses frames once closed", async (journal) => {
      const writer = await journal.openWriter();
      const reader = await journal.openReader();
      const [ended, goesOn] = [new JournalInbox(), new JournalInbox()];
      const reading = ended.read(reader);
      goesOn.read(reader);
      await appendAll(writer, ["a"]);
      await ended.has(1);
      await within("the reading's end", reading.end());
      await appendAll(writer, ["b"]);
      await goesOn.has(2);
      assert.deepEqual(ended.names, ["a"]);
      await within("closed", Promise.all([reader.close(), writer.close()]));
      assert.equal(await refusalOf(writer.append(frame("late"))), "disconnected");
    });
  });
}

/** Behind how many of the frames read one or more of `written` are missing: `[2]` where the third should be another. */
function gapsOf(read: readonly string[], written: readonly string[]): number[] {
  const follows = (at: number): boolean => written.indexOf(read[at] ?? "") === written.indexOf(read[at - 1] ?? "") + 1;
  return read.map((_, at) => at).filter((at) => at > 0 && !follows(at));
}
