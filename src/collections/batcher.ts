/** When a batch is complete: as soon as one of these is reached. */
export interface BatchLimits {
  /** At least 1. */
  readonly itemsMax: number;
  /** A batch has no more bytes, but for one of a single item that is longer by itself. */
  readonly bytesMax: number;
  /** How long a batch is collected, from its first item on. */
  readonly windowMs: number;
}

/** Items collected to be handled together, in the order in which they came. */
export interface Batch<Item> {
  readonly items: readonly Item[];
  readonly bytes: number;
  /** When the first one came, by the clock of whoever added it. */
  readonly sinceMs: number;
}

/** Collects items into batches. It has no clock: whoever adds says what time it is, and asks for what is due. */
export class Batcher<Item> {
  readonly #limits: BatchLimits;
  #collected: { readonly item: Item; readonly bytes: number }[] = [];
  #bytes = 0;
  #sinceMs = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** How many more items the batch takes. */
  get room(): number {
    return this.#limits.itemsMax - this.#collected.length;
  }

  get isEmpty(): boolean {
    return this.#collected.length === 0;
  }

  /** When the first of what is collected came; of no meaning while there is nothing. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** When the window of what is collected ends; undefined while there is nothing. */
  get dueAtMs(): number | undefined {
    return this.isEmpty ? undefined : this.#sinceMs + this.#limits.windowMs;
  }

  /** Adds an item. Returns the batches that it completes: none, one, or its predecessors and itself. */
  add(item: Item, bytes: number, nowMs: number): readonly Batch<Item>[] {
    const { bytesMax, itemsMax } = this.#limits;
    const complete: Batch<Item>[] = [];
    if (!this.isEmpty && this.#bytes + bytes > bytesMax) complete.push(this.#end());
    if (this.isEmpty) this.#sinceMs = nowMs;
    this.#collected.push({ item, bytes });
    this.#bytes += bytes;
    if (this.#collected.length >= itemsMax || this.#bytes >= bytesMax) complete.push(this.#end());
    return complete;
  }

  /** Forgets all other items. The window stays as it is. */
  keep(isKept: (item: Item) => boolean): void {
    this.#collected = this.#collected.filter(({ item }) => isKept(item));
    this.#bytes = this.#collected.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Ends the batch whose window is over; undefined when there is none. */
  due(nowMs: number): Batch<Item> | undefined {
    return this.dueAtMs !== undefined && nowMs >= this.dueAtMs ? this.#end() : undefined;
  }

  /** Ends what is collected, however little; undefined when there is nothing. */
  take(): Batch<Item> | undefined {
    return this.isEmpty ? undefined : this.#end();
  }

  #end(): Batch<Item> {
    const items = this.#collected.map(({ item }) => item);
    const batch = { items, bytes: this.#bytes, sinceMs: this.#sinceMs };
    this.#collected = [];
    this.#bytes = 0;
    return batch;
  }
}
