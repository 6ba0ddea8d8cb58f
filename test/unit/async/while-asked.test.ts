import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { WhileAsked } from "../../../src/async/while-asked.ts";

describe("work that is asked for", () => {
  it("begins at once, runs one at a time, and runs once more for all that asked meanwhile", async () => {
    const runs: PromiseWithResolvers<undefined>[] = [];
    const work = new WhileAsked(() => {
      const run = Promise.withResolvers<undefined>();
      runs.push(run);
      return run.promise;
    });
    work.ask();
    assert.equal(runs.length, 1);
    work.ask();
    work.ask();
    await nextTurn();
    assert.equal(runs.length, 1, "one at a time");
    runs[0]?.resolve(undefined);
    await nextTurn();
    assert.equal(runs.length, 2, "one more for both");
    runs[1]?.resolve(undefined);
    await nextTurn();
    assert.equal(runs.length, 2, "nobody has asked since");
    work.ask();
    assert.equal(runs.length, 3);
  });
});
