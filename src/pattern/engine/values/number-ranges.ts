import type { Numeral } from "../../../json/numeral.ts";
import { compareNumerals, LongNumber, nearestDouble } from "../../../json/numeral.ts";
import { IntLists } from "../ints/int-list.ts";

/** A range of numbers; the same bound twice, included, for one number. An open end is infinite, and included. */
export interface NumberRange {
  readonly lower: Numeral;
  readonly lowerIncluded: boolean;
  readonly upper: Numeral;
  readonly upperIncluded: boolean;
  readonly predicate: number;
}

/** No leaf, since nobody knows which. */
export const UNSURE = -1;

/**
 * The ranges of one field, as a segment tree: the bounds cut the line of numbers into pieces, each of which is a bound
 * or what lies between two. Every range covers a run of pieces and is filed at the few nodes that make up the run, so
 * that a number meets its ranges on the way from its piece to the root, however many others there are.
 */
export class NumberRanges {
  /** By node of the tree: the parent of node n is n / 2, and 1 is the root. */
  readonly filed = new IntLists();
  /** By node: the nearest one on the way to the root, itself included, where something is filed; 0 for none. */
  readonly #nearest: Int32Array;
  /** The doubles nearest to the bounds, in the bounds' order. Bounds that a double cannot hold may share theirs. */
  readonly #bounds: Float64Array;
  /** By place: the bounds that a double cannot hold. */
  readonly #longBounds = new Map<number, LongNumber>();
  readonly #pieces: number;

  /** Makes the tree of some ranges; each has still to be filed. */
  constructor(ranges: readonly NumberRange[]) {
    const bounds = distinctInOrder(ranges);
    this.#bounds = bounds instanceof Float64Array ? bounds : Float64Array.from(bounds, nearestDouble);
    if (!(bounds instanceof Float64Array)) this.#noteLong(bounds);
    this.#pieces = 2 * this.#bounds.length + 1;
    this.filed.heads.extend(2 * this.#pieces);
    this.#nearest = new Int32Array(2 * this.#pieces);
  }

  file({ lower, lowerIncluded, upper, upperIncluded, predicate }: NumberRange): void {
    let left = this.leaf(lower) + (lowerIncluded ? 0 : 1);
    let right = this.leaf(upper) + (upperIncluded ? 1 : 0);
    for (; left < right; left >>= 1, right >>= 1) {
      if (left & 1) this.filed.add(left++, predicate);
      if (right & 1) this.filed.add(--right, predicate);
    }
  }

  /** Ends the filing. */
  seal(): void {
    for (let node = 1; node < this.#nearest.length; node++) {
      this.#nearest[node] = this.filed.first(node) === 0 ? (this.#nearest[node >> 1] as number) : node;
    }
  }

  /** The nearest node where something is filed, from one on up to the root, itself included; 0 for none. */
  nearest(node: number): number {
    return this.#nearest[node] as number;
  }

  /** The leaf of the piece that a number lies in. */
  leaf(value: Numeral): number {
    const bound = this.#firstFrom(value);
    const isBound = bound < this.#bounds.length && compareNumerals(this.#bound(bound), value) === 0;
    return this.#pieces + 2 * bound + (isBound ? 1 : 0);
  }

  /**
   * The same for a double that may be off by some error: UNSURE when it could lie in several pieces. Without an error
   * it is the number itself.
   */
  surely(number: { readonly value: number; readonly error: number }): number {
    const bounds = this.#bounds;
    const lowest = number.value - number.error;
    const bound = this.#firstDoubleFrom(lowest);
    const leaf = this.#pieces + 2 * bound;
    if (bound === bounds.length) return leaf;
    const found = bounds[bound] as number;
    if (number.error === 0) return found !== lowest ? leaf : this.#longBounds.size > 0 ? UNSURE : leaf + 1;
    return found <= number.value + number.error ? UNSURE : leaf;
  }

  #noteLong(bounds: readonly Numeral[]): void {
    for (const [place, bound] of bounds.entries()) if (bound instanceof LongNumber) this.#longBounds.set(place, bound);
  }

  #bound(place: number): Numeral {
    return this.#longBounds.get(place) ?? (this.#bounds[place] as number);
  }

  /** The place of the first bound that is no less than a number. */
  #firstFrom(value: Numeral): number {
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareNumerals(this.#bound(middle), value) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The same by doubles, which is quick: the place of the first of the bounds that share one. */
  #firstDoubleFrom(value: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function distinctInOrder(ranges: readonly NumberRange[]): readonly Numeral[] | Float64Array {
  const doubles = new Float64Array(2 * ranges.length);
  const long: LongNumber[] = [];
  let count = 0;
  const add = (bound: Numeral): void => {
    if (bound instanceof LongNumber) long.push(bound);
    else doubles[count++] = bound;
  };
  for (const { lower, upper } of ranges) {
    add(lower);
    add(upper);
  }
  // Doubles are sorted several times as quickly as what needs to be compared in JavaScript.
  const ordered = doubles.subarray(0, count).sort();
  if (long.length === 0) return withoutRepeated(ordered);
  const bounds = [...ordered, ...long].sort(compareNumerals);
  return bounds.filter((bound, at) => at === 0 || compareNumerals(bounds[at - 1] as Numeral, bound) !== 0);
}

/** Changes the array that is given. */
function withoutRepeated(ordered: Float64Array): Float64Array {
  let kept = 0;
  for (const bound of ordered) if (kept === 0 || ordered[kept - 1] !== bound) ordered[kept++] = bound;
  return ordered.slice(0, kept);
}
