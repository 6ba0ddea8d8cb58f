import { IntList } from "./int-list.ts";

/** Rows of whole numbers behind each other, each known by its number. */
export class IntRows {
  /** Where each row begins in `items`; the next one's begin is its end. */
  readonly starts = new IntList();
  readonly items = new IntList();

  constructor() {
    this.starts.push(0);
  }

  get count(): number {
    return this.starts.length - 1;
  }

  /** The items of a row: a view, for as long as no row is added. */
  row(index: number): Int32Array {
    return this.items.items.subarray(this.starts.at(index), this.starts.at(index + 1));
  }

  add(row: Iterable<number>): number {
    for (const item of row) this.items.push(item);
    return this.starts.push(this.items.length) - 1;
  }
}
