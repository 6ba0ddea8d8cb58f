import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Depth } from "../../src/ports/inspector.ts";
import { FormerQueue } from "../../src/flow/consume/former-queue.ts";

function setUp(answers: readonly (number | undefined | Error)[]) {
  let asked = 0;
  const clock = { nowMs: 0 };
  const depth = (): Promise<Depth | undefined> => {
    const answer = answers[asked++];
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(answer === undefined ? undefined : { ready: answer, consumers: 0 });
  };
  const queue = new FormerQueue("busbar.container.f", { depth }, () => clock.nowMs);
  return { queue, clock, asked: () => asked };
}

describe("the queue of a function's former kind", () => {
  it("A former queue is read again at once while messages wait there", async () => {
    const { queue, asked } = setUp([2, 1, 0, 9]);
    assert.deepEqual(
      [await queue.ready(), await queue.ready(), await queue.ready(), await queue.ready()],
      [2, 1, 0, 0],
    );
    assert.equal(asked(), 3);
  });

  it("An empty former queue is read every 15 s, since routers with an older configuration may fill it", async () => {
    const { queue, clock } = setUp([0, 3]);
    assert.equal(await queue.ready(), 0);
    clock.nowMs = 15_000;
    assert.equal(await queue.ready(), 3);
  });

  it("A missing former queue is looked up every 5 minutes only, since each lookup leaves an error in the broker's log", async () => {
    const { queue, clock, asked } = setUp([undefined, 3]);
    for (const nowMs of [0, 15_000, 299_999]) {
      clock.nowMs = nowMs;
      assert.equal(await queue.ready(), 0);
    }
    assert.equal(asked(), 1);
    clock.nowMs = 300_000;
    assert.equal(await queue.ready(), 3);
  });

  it("A former queue counts as empty while the broker cannot be asked", async () => {
    const { queue, clock } = setUp([new Error("there is no connection"), 3]);
    assert.equal(await queue.ready(), 0);
    clock.nowMs = 15_000;
    assert.equal(await queue.ready(), 3);
  });
});
