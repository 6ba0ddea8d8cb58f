import { JoinedMap } from "./joined-map.ts";
import { SortedMap } from "./sorted-map.ts";

/**
 * The keys under which two maps have different values, or only one of them has any: those of `before` come first. For maps that
 * share most of what they have it takes as long as their difference, whatever their size. A key that went from one part of a
 * joined map to the other comes twice.
 */
export function* differingKeys<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): Generator<string> {
  if (before === after) return;
  if (before instanceof SortedMap && after instanceof SortedMap) {
    yield* (before as SortedMap<Value>).keysDifferingFrom(after as SortedMap<Value>);
  } else if (before instanceof JoinedMap && after instanceof JoinedMap) {
    const [one, other] = [before as JoinedMap<string, Value>, after as JoinedMap<string, Value>];
    yield* differingKeys(one.first, other.first);
    yield* differingKeys(one.second, other.second);
  } else {
    for (const [key, value] of before) if (after.get(key) !== value) yield key;
    for (const key of after.keys()) if (!before.has(key)) yield key;
  }
}
