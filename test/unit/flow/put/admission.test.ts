import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Admission } from "../../../../src/flow/put/admission.ts";
import { testLimits } from "../../../support/limits.ts";

const QUICK_MS = 10;
const LONG_MS = 500;

function setUp(entriesMax = 2_000) {
  const { limits, met } = testLimits({ entriesInFlight: entriesMax });
  const clock = { nowMs: 0 };
  const admission = new Admission(limits.entriesInFlight, () => clock.nowMs);
  /** Lets in as many requests of ten as there is room for. */
  const fill = (): (() => void)[] => {
    const entered: (() => void)[] = [];
    for (let answered = admission.enter(10, "a"); answered !== undefined; answered = admission.enter(10, "a")) {
      entered.push(answered);
    }
    return entered;
  };
  /** As many requests as find room wait for so long; says how many entries they had. */
  const round = (waitMs: number): number => {
    const requests = fill();
    clock.nowMs += waitMs;
    for (const answered of requests) answered();
    return requests.length * 10;
  };
  return { admission, clock, round, fill, met };
}

describe("admission", () => {
  it("Admission halves its limit once when puts that waited together waited long", () => {
    const { round } = setUp();
    assert.deepEqual([round(LONG_MS), round(LONG_MS), round(LONG_MS)], [2_000, 1_000, 500]);
  });

  it("Admission raises its limit again while the waits are short", () => {
    const { round } = setUp();
    for (let count = 0; count < 5; count += 1) round(LONG_MS);
    const rounds = Array.from({ length: 40 }, () => round(QUICK_MS));
    assert.deepEqual(rounds.slice(0, 3), [500, 520, 540]);
    assert.deepEqual(
      rounds,
      rounds.toSorted((a, b) => a - b),
    );
    assert.equal(rounds.at(-1), 2_000);
  });

  it("Admission always lets some puts in, however long the waits", () => {
    const { round } = setUp();
    for (let count = 0; count < 50; count += 1) round(LONG_MS);
    assert.equal(round(LONG_MS), 500);
  });

  it("Admission does not raise its limit for room that nobody needed", () => {
    const { admission, clock, round, fill } = setUp();
    for (let count = 0; count < 20; count += 1) round(LONG_MS);
    for (let count = 0; count < 1_000; count += 1) {
      const answered = admission.enter(10, "a");
      assert.ok(answered);
      clock.nowMs += QUICK_MS;
      answered();
    }
    assert.equal(fill().length, 50);
  });

  it("Admission keeps its limit when only a few puts wait long", () => {
    const { admission, clock, fill } = setUp();
    for (let count = 0; count < 100; count += 1) {
      const answered = admission.enter(10, "a");
      clock.nowMs += LONG_MS;
      answered?.();
    }
    assert.equal(fill().length, 200);
  });

  it("Admission lets in a put larger than its limit when nobody else waits", () => {
    const { admission } = setUp(5);
    assert.ok(admission.enter(10, "a"));
    assert.equal(admission.enter(1, "a"), undefined);
  });

  it("Admission counts the puts that it refuses", () => {
    const { admission, fill, met } = setUp(10);
    fill();
    assert.ok(!admission.hasRoom("a"));
    assert.deepEqual(met, ["entriesInFlight", "entriesInFlight"]);
  });

  it("Admission lets another caller in when one has taken everything, and refuses that one until both have the same", () => {
    const { admission, fill } = setUp(1_000);
    const hog = fill();
    assert.ok(admission.hasRoom("b"));
    const others = Array.from({ length: 25 }, () => admission.enter(10, "b"));
    assert.ok(others.every((answered) => answered !== undefined));
    assert.equal(admission.enter(10, "b"), undefined, "there is an end to it");
    for (const answered of hog.splice(0, 50)) answered();
    assert.ok(admission.enter(10, "b"));
    assert.ok(admission.enter(10, "a"));
  });
});
