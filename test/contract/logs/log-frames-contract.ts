import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { FramesStart, LogFrames } from "../../../src/ports/functions/function-logs.ts";
import type { JournalWriter } from "../../../src/ports/journal.ts";

/** Where lines are kept, empty at first. */
export interface LogFramesFixture {
  readonly openWriter: () => Promise<JournalWriter>;
  readonly openFrames: () => Promise<LogFrames>;
}

const MINUTE_MS = 60_000;

/** A frame with one line of some length. */
function frame(text: string, atMs = Date.now()): Buffer {
  const builder = new FrameBuilder("router", atMs);
  const about = { stream: "stdout", deliveryId: "r", logStream: "s" };
  builder.add({ kind: "output", atMs, function: "f", line: text, ...about });
  return builder.taken();
}

/** What every place for lines does. */
export function logFramesContract(open: (t: TestContext) => Promise<LogFramesFixture>): void {
  it("has nothing to read before it is written, and hands over what is kept in its order, up to its end", async (t) => {
    const { openWriter, openFrames } = await open(t);
    const frames = await openFrames();
    assert.deepEqual(await all(frames, { kind: "oldest" }), []);
    const writer = await openWriter();
    for (let n = 0; n < 200; n++) await writer.append(frame(`line ${n} ${"x".repeat(20_000)}`));
    const kept = await all(frames, { kind: "oldest" });
    assert.equal(kept.length, 200);
    assert.ok(kept.every((position, at) => at === 0 || position > (kept[at - 1] ?? Infinity)));
    const middle = kept[100]!;
    assert.deepEqual(await all(frames, { kind: "position", position: middle }), kept.slice(100));
    assert.deepEqual(await all(frames, { kind: "position", position: kept.at(-1)! + 1 }), []);
    assert.deepEqual(await all(frames, { kind: "time", atMs: Date.now() - MINUTE_MS }), kept);
    assert.deepEqual(await all(frames, { kind: "time", atMs: Date.now() + MINUTE_MS }), []);
  });

  it("ends a reading at once that has enough", async (t) => {
    const { openWriter, openFrames } = await open(t);
    const writer = await openWriter();
    for (let n = 0; n < 300; n++) await writer.append(frame("x".repeat(20_000)));
    let batches = 0;
    await (
      await openFrames()
    ).read({ kind: "oldest" }, () => {
      batches += 1;
      return "enough";
    });
    assert.equal(batches, 1);
  });
}

/** The places of all frames from a start on. */
async function all(frames: LogFrames, start: FramesStart): Promise<readonly number[]> {
  const positions: number[] = [];
  await frames.read(start, (batch) => {
    positions.push(...batch.map(({ position }) => position));
    return "more";
  });
  return positions;
}
