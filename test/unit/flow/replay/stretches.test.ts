import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventMinutes } from "../../../../src/flow/replay/minutes.ts";
import { joinedRuns, PlaceRuns } from "../../../../src/flow/replay/place-runs.ts";
import { stretchesOf } from "../../../../src/flow/replay/stretches.ts";

const MINUTE_MS = 60_000;

function minutesOf(events: readonly (readonly [minute: number, position: number])[], minutesMax?: number) {
  const minutes = new EventMinutes(minutesMax);
  for (const [minute, position] of events) minutes.add(minute * MINUTE_MS, position, 100);
  return minutes;
}

describe("The places of a minute's events", () => {
  it("are parts of the archive, four at most: the two that are nearest become one", () => {
    const places = new PlaceRuns();
    for (const position of [5, 6, 900, 10_000, 30_000, 35_000, 90_000]) places.add(position);
    assert.deepEqual(places.runs, [
      { from: 5, to: 901 },
      { from: 10_000, to: 10_001 },
      { from: 30_000, to: 35_001 },
      { from: 90_000, to: 90_001 },
    ]);
  });

  it("of two minutes become one part where they overlap or lie near", () => {
    const joined = joinedRuns(
      [{ from: 0, to: 10 }],
      [
        { from: 5, to: 7 },
        { from: 900, to: 950 },
        { from: 5_000, to: 5_001 },
      ],
    );
    assert.deepEqual(joined, [
      { from: 0, to: 950 },
      { from: 5_000, to: 5_001 },
    ]);
  });
});

describe("The minutes of an archive", () => {
  it("are counted in order, however they are mixed", () => {
    const minutes = minutesOf([
      [3, 0],
      [1, 1],
      [3, 2],
      [-2, 3],
    ]);
    assert.deepEqual([minutes.count, minutes.end], [4, Infinity]);
    assert.deepEqual(
      minutes.sorted().map(({ minute, count, bytes }) => [minute, count, bytes]),
      [
        [-2, 1, 100],
        [1, 1, 100],
        [3, 2, 200],
      ],
    );
  });

  it("are the earliest ones, where there are more than may be held in memory", () => {
    const late = Array.from({ length: 50 }, (_, n) => [99 - n, n] as const);
    const minutes = minutesOf(late, 5);
    assert.deepEqual(
      minutes.sorted().map(({ minute }) => minute),
      [50, 51, 52, 53, 54],
    );
    assert.ok(minutes.end > 54 && minutes.end <= 60, String(minutes.end));
    assert.equal(minutes.count, 50);
  });
});

describe("Stretches", () => {
  it("are neighbours that are cheaper to read together, as long as they fit the memory", () => {
    const mixed = Array.from({ length: 40 }, (_, n) => [n % 4, n * 500] as const);
    const stretches = (bytesMax?: number) =>
      stretchesOf(minutesOf(mixed).sorted(), bytesMax).map(({ first, last, bytes }) => [first, last, bytes]);
    assert.deepEqual(stretches(), [[0, 3, 4_000]]);
    assert.deepEqual(stretches(2_000), [
      [0, 1, 2_000],
      [2, 3, 2_000],
    ]);
    assert.deepEqual(stretches(500), [
      [0, 0, 1_000],
      [1, 1, 1_000],
      [2, 2, 1_000],
      [3, 3, 1_000],
    ]);
  });

  it("leave apart what lies far apart", () => {
    const far = minutesOf([
      [0, 0],
      [1, 1_000_000],
      [2, 1_000_001],
    ]);
    assert.deepEqual(
      stretchesOf(far.sorted()).map(({ first, last, runs }) => [first, last, runs.length]),
      [
        [0, 0, 1],
        [1, 2, 1],
      ],
    );
  });
});
