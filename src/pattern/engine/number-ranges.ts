import { IntLists } from "./int-list.ts";

/** A range of numbers; the same bound twice, included, for one number. An open end is infinite, and included. */
export interface NumberRange {
  readonly lower: number;
  readonly lowerIncluded: boolean;
  readonly upper: number;
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
  readonly #bounds: Float64Array;
  readonly #pieces: number;

  /** Makes the tree of some ranges; each has still to be filed. */
  constructor(ranges: readonly NumberRange[]) {
    const bounds = Float64Array.from(ranges.flatMap(({ lower, upper }) => [lower, upper])).sort();
    this.#bounds = bounds.filter((bound, index) => index === 0 || bound !== bounds[index - 1]);
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
  leaf(value: number): number {
    const bound = this.#firstFrom(value);
    return this.#pieces + 2 * bound + (bound < this.#bounds.length && this.#bounds[bound] === value ? 1 : 0);
  }

  /** The same for a number that may be off by some error; UNSURE when it could lie in several pieces. */
  surely(number: { readonly value: number; readonly error: number }): number {
    const bounds = this.#bounds;
    const lowest = number.value - number.error;
    const bound = this.#firstFrom(lowest);
    const leaf = this.#pieces + 2 * bound;
    if (bound === bounds.length) return leaf;
    const found = bounds[bound] as number;
    if (number.error === 0) return found === lowest ? leaf + 1 : leaf;
    return found <= number.value + number.error ? UNSURE : leaf;
  }

  /** The place of the first bound that is no less than a number. */
  #firstFrom(value: number): number {
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
