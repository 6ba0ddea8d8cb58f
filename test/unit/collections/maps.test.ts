import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { differingKeys } from "../../../src/collections/differing-keys.ts";
import { JoinedMap } from "../../../src/collections/joined-map.ts";
import { SortedMap } from "../../../src/collections/sorted-map.ts";
import { propertyRuns } from "../../support/property-runs.ts";

/** Few keys, so that they meet; one in four changes takes a key away. */
const change = fc.record({ key: fc.nat(2_000).map(String), value: fc.nat(), isGone: fc.nat(3).map((n) => n === 0) });

/** What can be asked of a map, in its order. */
function contentsOf<Value>(map: ReadonlyMap<string, Value>) {
  const each: [string, Value][] = [];
  map.forEach((value, key) => each.push([key, value]));
  assert.deepEqual([...map], each);
  assert.deepEqual([...map.keys()], [...each.map(([key]) => key)]);
  assert.deepEqual([...map.values()], [...each.map(([, value]) => value)]);
  assert.equal(map.size, each.length);
  for (const [key, value] of each) assert.equal(map.get(key), value);
  return each;
}

function sorted(map: ReadonlyMap<string, number>): readonly [string, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe("A sorted map", () => {
  it("has what a Map has after the same changes, in the order of keys, and leaves the maps before as they were", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3_000, size: "max" }), (changes) => {
        const plain = new Map<string, number>();
        let map = SortedMap.empty<number>();
        let [half, ofHalf] = [map, sorted(plain)];
        for (const [at, { key, value, isGone }] of changes.entries()) {
          if (isGone) plain.delete(key);
          else plain.set(key, value);
          map = isGone ? map.without(key) : map.with(key, value);
          assert.equal(map.has(key), !isGone);
          if (at === changes.length >>> 1) [half, ofHalf] = [map, sorted(plain)];
        }
        assert.deepEqual(contentsOf(map), sorted(plain));
        assert.deepEqual(contentsOf(half), ofHalf);
        for (const key of ["", "absent", "2001"]) assert.equal(map.get(key), undefined);
      }),
      propertyRuns(30),
    );
  });

  it("takes keys in any order: rising, falling, and each gone again", () => {
    const keys = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(4, "0"));
    for (const order of [keys, keys.toReversed()]) {
      let map = SortedMap.empty<string>();
      for (const key of order) map = map.with(key, key);
      assert.deepEqual([...map.keys()], keys);
      for (const key of order) map = map.without(key);
      assert.deepEqual([map.size, [...map]], [0, []]);
    }
  });
});

describe("Two maps as one", () => {
  it("have the entries of both, those of the first first", () => {
    const joined = new JoinedMap(new Map([["b", 1]]), new Map([["a", 2]]));
    assert.deepEqual(contentsOf(joined), [
      ["b", 1],
      ["a", 2],
    ]);
    assert.deepEqual(
      [joined.has("a"), joined.has("b"), joined.has("c"), joined.get("c")],
      [true, true, false, undefined],
    );
  });
});

describe("The keys that differ", () => {
  it("are those under which two maps have not the same, in whatever way the maps are made", () => {
    const changes = fc.array(change, { maxLength: 500, size: "max" });
    fc.assert(
      fc.property(changes, changes, (first, second) => {
        const applied = (map: SortedMap<number>, to: typeof first) =>
          to.reduce((next, { key, value, isGone }) => (isGone ? next.without(key) : next.with(key, value)), map);
        const before = applied(SortedMap.empty<number>(), first);
        const after = applied(before, second);
        const keys = new Set([...before.keys(), ...after.keys()]);
        const expected = [...keys].filter((key) => before.get(key) !== after.get(key)).sort();
        const files = new Map([["a file's", 1]]);
        const pairs = [
          [before, after],
          [new Map(before), new Map(after)],
          [new JoinedMap(files, before), new JoinedMap(files, after)],
          [new JoinedMap(before, files), new Map([...after, ...files])],
        ] as const;
        for (const [one, other] of pairs) assert.deepEqual([...differingKeys<number>(one, other)].sort(), expected);
      }),
      propertyRuns(30),
    );
  });
});
