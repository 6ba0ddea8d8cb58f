/** Whole numbers of 32 bits in a row that grows. `items` is another array after each growth: take it anew. */
export class IntList {
  items = new Int32Array(16);
  length = 0;

  push(item: number): number {
    if (this.length === this.items.length) this.#grow(this.length + 1);
    this.items[this.length] = item;
    return this.length++;
  }

  at(index: number): number {
    return this.items[index] as number;
  }

  /** Makes room for so many, all new ones zero, and counts them in. */
  extend(length: number): void {
    if (length > this.items.length) this.#grow(length);
    if (length > this.length) this.length = length;
  }

  #grow(length: number): void {
    const items = new Int32Array(Math.max(length, 2 * this.items.length));
    items.set(this.items);
    this.items = items;
  }
}

/** Many short lists of whole numbers, each known by its number, the last added first. */
export class IntLists {
  /** One more than the place of a list's first link; 0 for an empty list. */
  readonly heads = new IntList();
  readonly next = new IntList();
  readonly values = new IntList();

  add(list: number, value: number): void {
    this.heads.extend(list + 1);
    this.next.push(this.heads.at(list));
    this.heads.items[list] = this.values.push(value) + 1;
  }

  /** One more than the place of the list's first link in `next` and `values`; 0 when the list is empty. */
  first(list: number): number {
    return list < this.heads.length ? this.heads.at(list) : 0;
  }
}
