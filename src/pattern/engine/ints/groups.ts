import { IntList } from "./int-list.ts";

/** Things of one event, put together by what they have in common, those of one group in the order they came in. */
export class Groups {
  readonly #events: Int32Array;
  readonly #counts: Int32Array;
  readonly #starts: Int32Array;
  readonly #touched = new IntList();
  items = new Int32Array(16);
  #event = 0;

  constructor(groups: number) {
    this.#events = new Int32Array(groups);
    this.#counts = new Int32Array(groups);
    this.#starts = new Int32Array(groups);
  }

  /**
   * Groups what an event had, once for each event.
   * @param total how many things there are; they are known by their numbers, which count up from 0
   * @param groups where the group of each stands: the first of every so many numbers
   */
  make(event: number, total: number, groups: Int32Array, every = 1): void {
    if (event === this.#event) return;
    this.#event = event;
    if (total > this.items.length) this.items = new Int32Array(2 * total);
    const counts = this.#counts;
    this.#touched.length = 0;
    for (let thing = 0; thing < total; thing++) {
      const group = groups[every * thing] as number;
      if (this.#events[group] !== event) {
        this.#events[group] = event;
        counts[group] = 0;
        this.#touched.push(group);
      }
      counts[group] = (counts[group] as number) + 1;
    }
    let start = 0;
    for (let index = 0; index < this.#touched.length; index++) {
      const group = this.#touched.at(index);
      this.#starts[group] = start;
      start += counts[group] as number;
      counts[group] = 0;
    }
    for (let thing = 0; thing < total; thing++) {
      const group = groups[every * thing] as number;
      const count = counts[group] as number;
      this.items[(this.#starts[group] as number) + count] = thing;
      counts[group] = count + 1;
    }
  }

  /** How many things of the event are in a group. */
  count(group: number): number {
    return this.#events[group] === this.#event ? (this.#counts[group] as number) : 0;
  }

  /** Where they begin in `items`, if there are any. */
  start(group: number): number {
    return this.#starts[group] as number;
  }
}
