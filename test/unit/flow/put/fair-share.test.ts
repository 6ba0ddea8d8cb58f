import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FairShare } from "../../../../src/flow/put/fair-share.ts";

/** A share whose turns end when they are told to. */
function setUp() {
  let turn = Promise.withResolvers<undefined>();
  const share = new FairShare(() => turn.promise);
  const begun: number[] = [];
  let requests = 0;
  return {
    begun,
    /** So many entries ask to begin, as one request. */
    ask: (entries: number, who = "a"): void => {
      const id = ++requests;
      void share.begin(entries, who).then(() => begun.push(id));
    },
    endTurn: async (): Promise<void> => {
      const ended = turn;
      turn = Promise.withResolvers();
      ended.resolve(undefined);
      await nextTurn();
    },
  };
}

describe("fair share", () => {
  it("The fair share lets 200 entries begin in a turn, and the rest in later ones, in the order they came", async () => {
    const { ask, begun, endTurn } = setUp();
    for (let count = 0; count < 50; count += 1) ask(10);
    await nextTurn();
    assert.equal(begun.length, 20);
    await endTurn();
    assert.equal(begun.length, 40);
    ask(10);
    await endTurn();
    assert.deepEqual(
      begun,
      Array.from({ length: 51 }, (_, index) => index + 1),
    );
  });

  it("The fair share alternates callers, so that one with many requests does not keep another waiting", async () => {
    const { ask, begun, endTurn } = setUp();
    for (let count = 0; count < 300; count += 1) ask(10, "many");
    ask(10, "one");
    await nextTurn();
    await endTurn();
    assert.ok(begun.includes(301), `${begun.length} begun`);
    assert.equal(begun.length, 40);
  });

  it("The fair share lets a request begin that has more entries than a turn", async () => {
    const { ask, begun, endTurn } = setUp();
    ask(1_000);
    ask(1);
    await nextTurn();
    assert.deepEqual(begun, [1]);
    await endTurn();
    assert.deepEqual(begun, [1, 2]);
  });

  it("The fair share makes nobody wait who comes in a quiet turn", async () => {
    const { ask, begun, endTurn } = setUp();
    ask(10);
    await endTurn();
    await endTurn();
    ask(10);
    await nextTurn();
    assert.deepEqual(begun, [1, 2]);
  });
});
