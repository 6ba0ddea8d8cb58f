import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SetBack } from "../../../../src/edge/sqlite/broker/consuming/set-back.ts";

const HOUR_MS = 3_600_000;

describe("a clock that is set back", () => {
  it("A clock that is set back is noticed by so many milliseconds, until they are dealt with", () => {
    const { clocks, setBack } = clocked();
    clocks.pass(5_000);
    assert.equal(setBack.pendingMs(), 0);
    clocks.set(-HOUR_MS);
    assert.equal(setBack.pendingMs(), HOUR_MS);
    clocks.pass(5_000);
    assert.equal(setBack.pendingMs(), HOUR_MS, "a transaction that failed has not dealt with it");
    setBack.settled(HOUR_MS);
    assert.equal(setBack.pendingMs(), 0);
  });

  it("A clock that is set back after it was set forward is noticed from where it stood", () => {
    const { clocks, setBack } = clocked();
    clocks.set(2 * HOUR_MS);
    assert.equal(setBack.pendingMs(), 0);
    clocks.set(-HOUR_MS);
    assert.equal(setBack.pendingMs(), HOUR_MS);
  });

  it("A clock that is only kept right is not noticed, until the corrections add up", () => {
    const { clocks, setBack } = clocked();
    clocks.set(-600);
    assert.equal(setBack.pendingMs(), 0);
    clocks.set(-600);
    assert.equal(setBack.pendingMs(), 1_200);
  });
});

function clocked() {
  const now = { wallMs: 1_800_000_000_000, monotonicMs: 17 };
  const clocks = {
    pass: (ms: number) => ((now.wallMs += ms), (now.monotonicMs += ms)),
    set: (ms: number) => (now.wallMs += ms),
  };
  return { clocks, setBack: new SetBack({ wallMs: () => now.wallMs, monotonicMs: () => now.monotonicMs }) };
}
