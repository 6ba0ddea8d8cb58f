import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SharedRuns } from "../../../src/async/shared-runs.ts";

describe("work whose answers are shared", () => {
  it("runs once for all who asked while it ran before, after they asked", async () => {
    const { runs, shared } = recorded();
    const first = shared.ask("a");
    const [second, third] = [shared.ask("a"), shared.ask("a")];
    await nextTurn();
    assert.equal(runs.length, 1, "one at a time");
    runs[0]?.resolve(1);
    assert.equal(await first, 1);
    await nextTurn();
    assert.equal(runs.length, 2, "one more for both");
    const fourth = shared.ask("a");
    runs[1]?.resolve(2);
    assert.deepEqual(await Promise.all([second, third]), [2, 2]);
    await nextTurn();
    runs[2]?.resolve(3);
    assert.equal(await fourth, 3, "the second run began before it was asked for");
    await nextTurn();
    void shared.ask("a");
    assert.equal(runs.length, 4, "a run that begins at once");
  });

  it("runs at the same time for different keys, and goes on behind a failure", async () => {
    const { runs, shared } = recorded();
    const [one, other, behind] = [shared.ask("a"), shared.ask("b"), shared.ask("a")];
    assert.equal(runs.length, 2);
    runs[0]?.reject(new Error("no"));
    await assert.rejects(one, { message: "no" });
    await nextTurn();
    runs[1]?.resolve(2);
    runs[2]?.resolve(3);
    assert.deepEqual(await Promise.all([other, behind]), [2, 3]);
  });
});

/** Work that the test ends, in the order in which it began. */
function recorded() {
  const runs: PromiseWithResolvers<number>[] = [];
  const shared = new SharedRuns(() => {
    const run = Promise.withResolvers<number>();
    runs.push(run);
    return run.promise;
  });
  return { runs, shared };
}
