import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiveWay } from "../../../../src/flow/replay/give-way.ts";

/** An event loop in which each millisecond of sleep is idle for some part. */
function loopWith(idleShare: () => number) {
  const loop = { nowMs: 0, idleMs: 0, pauses: 0 };
  const pass = (ms: number): void => {
    loop.nowMs += ms;
    loop.idleMs += ms * idleShare();
  };
  const giveWay = new GiveWay({
    steadyMs: () => loop.nowMs,
    idleMs: () => loop.idleMs,
    sleep: (ms, signal) => {
      signal.throwIfAborted();
      return Promise.resolve(pass(ms));
    },
    pause: () => Promise.resolve().then(() => void (loop.pauses += 1)),
  });
  const waited = async (signal = new AbortController().signal): Promise<number> => {
    const beganMs = loop.nowMs;
    await giveWay.wait(signal);
    return loop.nowMs - beganMs;
  };
  return { loop, pass, waited };
}

describe("Work that gives way", () => {
  it("goes on at once, after a turn of others, where the event loop had half of the time to spare", async () => {
    const { loop, pass, waited } = loopWith(() => 0.5);
    pass(20);
    assert.deepEqual([await waited(), loop.pauses], [0, 1]);
  });

  it("waits until the event loop had its share since the last time", async () => {
    let share = 0;
    const { pass, waited } = loopWith(() => share);
    pass(9);
    share = 1;
    assert.equal(await waited(), 9);
    share = 0;
    pass(18);
    share = 1;
    assert.equal(await waited(), 18, "the idle time before does not count again");
  });

  it("goes on twenty times a second where the event loop is never idle", async () => {
    const { pass, waited } = loopWith(() => 0);
    pass(1);
    assert.equal(await waited(), 50);
    pass(1);
    assert.equal(await waited(), 50);
  });

  it("stops waiting when its work is to end", async () => {
    const { pass, waited } = loopWith(() => 0);
    pass(1);
    await assert.rejects(waited(AbortSignal.abort(new Error("stopped"))), /stopped/);
  });
});
