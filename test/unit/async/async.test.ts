import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { doublingMs } from "../../../src/async/doubling.ts";
import { sleep } from "../../../src/async/sleep.ts";

describe("A sleep", () => {
  it("ends early when the signal fires, or has fired", async () => {
    const waking = new AbortController();
    const sleeping = sleep(60_000, waking.signal);
    waking.abort();
    await sleeping;
    await sleep(60_000, waking.signal);
  });
});

describe("A doubling wait", () => {
  it("begins with the first wait, doubles, and ends with the longest", () => {
    assert.deepEqual(
      [1, 2, 3, 5, 6, 2_000].map((failures) => doublingMs(failures, 1_000, 30_000)),
      [1_000, 2_000, 4_000, 16_000, 30_000, 30_000],
    );
  });
});
