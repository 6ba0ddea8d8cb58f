import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { JournalIndex, type JournalIndexError } from "../../../src/console/index/journal-index.ts";
import { LiveIndex } from "../../../src/console/index/live-index.ts";
import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { JournalFrame, JournalReader } from "../../../src/ports/journal.ts";
import { eventually } from "../../contract/waiting.ts";

/** A frame that says that dead letters of a queue were deleted. */
function frame(position: number, queue: string): JournalFrame {
  const builder = new FrameBuilder("r", 0);
  builder.add({ kind: "purge", atMs: position, queue, count: 1, jobId: undefined });
  return { position, bytes: builder.taken() };
}

/** A journal of these frames. */
function readerOf(frames: readonly JournalFrame[]): JournalReader {
  return {
    read: (start, listener) => {
      const after = start.kind === "after" ? start.position : 0;
      void listener(frames.filter(({ position }) => position > after));
      return { end: () => Promise.resolve() };
    },
    close: () => Promise.resolve(),
  };
}

describe("The console's index, asked too much at once", () => {
  it("refuses the questions beyond the bound, answers the others, and takes frames all the same", async () => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-busy-index-"));
    const index = await JournalIndex.open(folder);
    const asked = Array.from({ length: 520 }, () => index.coverage());
    const added = index.add([frame(1, "one")]);
    const answers = await Promise.allSettled(asked);
    await added;
    const reasons = answers.flatMap((one) =>
      one.status === "rejected" ? [(one.reason as JournalIndexError).reason] : [],
    );
    assert.deepEqual(reasons, Array(8).fill("busy"));
    const { rows } = await index.happenings("purge", {});
    assert.deepEqual(
      rows.map(({ queue }) => queue),
      ["one"],
    );
    await index.close();
    await rm(folder, { recursive: true });
  });
});

describe("The console's live index", () => {
  it("is opened again after it has ended, and goes on where it was", async () => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-live-index-"));
    const frames = [frame(1, "one")];
    const faults: unknown[] = [];
    const onFault = (error: unknown): void => void faults.push(error);
    const live = await LiveIndex.open({ folder, reader: readerOf(frames), nowMs: Date.now, onFault });
    const has = (queues: string) => async (): Promise<boolean> =>
      (await live.current.happenings("purge", {})).rows.map(({ queue }) => queue).join() === queues;
    await eventually("it has what is there", has("one"));
    const before = live.current;
    frames.push(frame(2, "two"));
    await before.terminate();
    await eventually("it is opened again", () => live.current !== before);
    await eventually("it has what came meanwhile", has("two,one"));
    assert.match(String(faults), /opened again/);
    await live.close();
    await rm(folder, { recursive: true });
  });
});
