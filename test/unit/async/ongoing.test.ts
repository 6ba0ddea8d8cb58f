import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Ongoing } from "../../../src/async/ongoing.ts";

describe("ongoing work", () => {
  it("Everybody who waits for ongoing work waits until all of it has ended", async () => {
    const ongoing = new Ongoing();
    ongoing.begin();
    ongoing.begin();
    const seen: string[] = [];
    const waits = ["one", "other"].map((who) => ongoing.ended().then(() => seen.push(who)));
    ongoing.end();
    await Promise.resolve();
    assert.deepEqual([seen, ongoing.any], [[], true]);
    ongoing.end();
    await Promise.all(waits);
    assert.deepEqual([seen, ongoing.any], [["one", "other"], false]);
  });

  it("Nobody waits when there is no ongoing work, and everybody does when some begins again", async () => {
    const ongoing = new Ongoing();
    await ongoing.ended();
    ongoing.begin();
    let isOver = false;
    const wait = ongoing.ended().then(() => (isOver = true));
    await Promise.resolve();
    assert.equal(isOver, false);
    ongoing.end();
    await wait;
  });
});
