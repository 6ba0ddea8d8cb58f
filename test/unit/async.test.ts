import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { doublingMs } from "../../src/async/doubling.ts";
import { sleep } from "../../src/async/sleep.ts";
import { TimeLimitError, within } from "../../src/async/within.ts";

describe("A time limit", () => {
  it("passes on what the work comes to in time, its error included", async () => {
    assert.equal(await within(1_000, "adding", Promise.resolve(2)), 2);
    await assert.rejects(within(1_000, "failing", Promise.reject(new Error("no"))), /^Error: no$/);
  });

  it("names work that takes longer, and drops what it comes to later", async () => {
    const work = Promise.withResolvers<never>();
    await assert.rejects(within(1, "waiting for nothing", work.promise), (error) => {
      assert.ok(error instanceof TimeLimitError);
      assert.equal(error.message, "waiting for nothing took longer than 1 ms");
      return true;
    });
    work.reject(new Error("late"));
  });
});

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
