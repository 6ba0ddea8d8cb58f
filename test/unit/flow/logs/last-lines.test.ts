import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readFrame } from "../../../../src/domain/journal/frame.ts";
import { lastLines } from "../../../../src/flow/logs/last-lines.ts";
import type { LastLinesPage, LastLinesQuery } from "../../../../src/ports/functions/function-logs.ts";
import type { JournalFrame } from "../../../../src/ports/journal.ts";
import { frameOfLines as frame } from "../../../support/functions/frame-of-lines.ts";

const NOW_MS = 1_000_000_000;
const MINUTE_MS = 60_000;

/** The last lines of function `f` in frames that are read from a time on, as a broker's are. */
function read(frames: readonly JournalFrame[], query: Partial<LastLinesQuery> = {}): Promise<LastLinesPage> {
  const times = frames.map(({ bytes }) => readFrame(bytes)?.startedAtMs ?? 0);
  const asked = { functionName: "f", fits: () => true, limit: 10_000, nearMs: NOW_MS, ...query };
  return lastLines(asked, (fromMs, window) => {
    window.take(frames.filter((_, n) => times[n]! >= fromMs));
    return Promise.resolve(true);
  });
}

const texts = ({ lines }: LastLinesPage): readonly string[] => lines.map(({ text }) => text);

/** One every 20 minutes, two lines each. */
const HOURS = Array.from({ length: 30 }, (_, n) => {
  const atMs = NOW_MS - (30 - n) * 20 * MINUTE_MS;
  return frame(10 + 2 * n, ["f", atMs, `${n}a`], ["g", atMs, "of another"], ["f", atMs + 1, `${n}b`]);
});

describe("The last lines of a function", () => {
  it("are read back to the oldest page by page: none is missing, and none comes twice", async () => {
    const seen: string[] = [];
    let page = await read(HOURS, { limit: 3 });
    assert.deepEqual([texts(page), page.next], [["28b", "29a", "29b"], { position: 69, index: 0 }]);
    for (let pages = 1; !page.isAtBeginning; pages++) {
      assert.ok(pages <= 21);
      seen.unshift(...texts(page));
      page = await read(HOURS, { limit: 3, nearMs: page.nearMs, ...(page.before && { before: page.before }) });
    }
    assert.deepEqual(
      [...texts(page), ...seen],
      Array.from({ length: 60 }, (_, n) => `${n >> 1}${n % 2 === 0 ? "a" : "b"}`),
    );
  });

  it("are those of a time, and those that fit", async () => {
    const fits = ({ text }: { readonly text: string }): boolean => text.endsWith("a");
    const page = await read(HOURS, { sinceMs: NOW_MS - 65 * MINUTE_MS, untilMs: NOW_MS - 25 * MINUTE_MS, fits });
    assert.deepEqual([texts(page), page.isAtBeginning], [["27a", "28a"], true]);
    const none = await read([]);
    assert.deepEqual([texts(none), none.before, none.next, none.isAtBeginning], [[], undefined, undefined, true]);
  });

  it("have 1 MiB at most, the newest of them", async () => {
    const long = Array.from({ length: 300 }, (_, n) => frame(n, ["f", NOW_MS - 300 + n, "x".repeat(8_000)]));
    const page = await read(long);
    assert.deepEqual([page.lines.length, page.lines.at(-1)?.atMs, page.isAtBeginning], [130, NOW_MS - 1, false]);
    assert.deepEqual(page.before, { position: 170, index: 0 });
  });

  it("are looked for in 16 MiB, in the last half minute however much it is, and a next page goes on before that", async () => {
    const others = Array.from({ length: 3_000 }, (_, n) =>
      frame(n + 1, ["g", NOW_MS - 299_900 + 100 * n, "x".repeat(8_000)]),
    );
    const frames = [frame(0, ["f", NOW_MS - 600_000, "old"]), ...others];
    let page = await read(frames);
    assert.deepEqual([page.lines.length, page.isAtBeginning], [0, false]);
    assert.deepEqual([page.before, page.nearMs], [{ position: 2_700, index: 0 }, NOW_MS - 30_000]);
    for (let pages = 1; page.lines.length === 0; pages++) {
      assert.ok(pages < 20);
      page = await read(frames, { nearMs: page.nearMs, ...(page.before && { before: page.before }) });
    }
    assert.deepEqual([texts(page), page.isAtBeginning], [["old"], true]);
  });
});
