import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PageOfLines } from "../../../../src/flow/logs/page-of-lines.ts";
import type { LinesPage, LinesQuery } from "../../../../src/ports/functions/function-logs.ts";
import { frameOfLines as frame } from "../../../support/functions/frame-of-lines.ts";

const FRAMES = [
  frame(5, ["f", 10, "a"], ["g", 11, "of another"], ["f", 13, "c"]),
  frame(7, ["f", 12, "b"], ["f", 14, "d"]),
  frame(8, ["f", 15, "e"]),
];

function read(query: Partial<LinesQuery>, frames = FRAMES): LinesPage {
  const page = new PageOfLines({ functionName: "f", fits: () => true, limit: 10_000, ...query });
  page.take(frames);
  return page.page;
}

const texts = ({ lines }: LinesPage): string => lines.map(({ text }) => text).join("");

describe("A page of lines", () => {
  it("has a function's lines of a time by their times, and goes on behind the last frame", () => {
    assert.equal(texts(read({})), "abcde");
    assert.deepEqual(read({}).next, { position: 9, index: 0 });
    assert.equal(texts(read({ sinceMs: 12, untilMs: 14 })), "bcd");
    assert.equal(texts(read({ fits: ({ text }) => text !== "c" })), "abde");
  });

  it("ends where it is full, and the next one begins there: none is missing, and none comes twice", () => {
    let seen = "";
    let from: LinesPage["next"];
    for (let pages = 0; pages < 10; pages++) {
      const page = read({ limit: 2, ...(from && { from }) });
      seen += texts(page);
      from = page.next;
      if (page.isAtEnd) break;
    }
    assert.deepEqual(Array.from(seen).sort().join(""), "abcde");
    assert.equal(seen.length, 5);
  });

  it("has 1 MiB at most, and reads 16 MiB for it at most", () => {
    const long = Array.from({ length: 300 }, (_, n) => frame(n, ["f", n, "x".repeat(8_000)]));
    const page = read({}, long);
    assert.deepEqual([page.lines.length, page.isAtEnd], [130, false]);
    const others = Array.from({ length: 3_000 }, (_, n) => frame(n, ["g", n, "x".repeat(8_000)]));
    const empty = read({}, others);
    assert.deepEqual([empty.lines.length, empty.isAtEnd], [0, false]);
    assert.ok(empty.next!.position > 2_000 && empty.next!.position < 2_200);
  });

  it("passes over what it cannot read, and ends at frames of a later time", () => {
    const frames = [{ position: 1, bytes: Buffer.from([9, 9]) }, ...FRAMES, frame(20, ["f", 100_000, "later"])];
    const page = read({ untilMs: 14 }, frames);
    assert.deepEqual([texts(page), page.next, page.isAtEnd], ["abcd", { position: 9, index: 0 }, true]);
  });
});
