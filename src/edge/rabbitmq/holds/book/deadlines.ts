/** Times are rounded up to so much: nothing is early, and one timer serves any number of things. */
const TICK_MS = 25;

/** Calls back for things when their time is over. Each has one time, and changing it takes no time. */
export class Deadlines<T> {
  readonly #due: (thing: T) => void;
  readonly #ticks = new Map<number, Set<T>>();
  readonly #tickOf = new Map<T, number>();
  #firedUpTo = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(due: (thing: T) => void) {
    this.#due = due;
  }

  /** @param atMs on the clock of `performance.now`. */
  set(thing: T, atMs: number): void {
    this.remove(thing);
    if (this.#timer === undefined) this.#start();
    const tick = Math.max(Math.ceil(atMs / TICK_MS), this.#firedUpTo + 1);
    const things = this.#ticks.get(tick) ?? new Set();
    this.#ticks.set(tick, things.add(thing));
    this.#tickOf.set(thing, tick);
  }

  remove(thing: T): void {
    const tick = this.#tickOf.get(thing);
    if (tick === undefined) return;
    this.#tickOf.delete(thing);
    const things = this.#ticks.get(tick);
    things?.delete(thing);
    if (things?.size === 0) this.#ticks.delete(tick);
    if (this.#tickOf.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#firedUpTo = Math.floor(performance.now() / TICK_MS);
    this.#timer = setInterval(() => this.#fire(), TICK_MS);
    this.#timer.unref();
  }

  #fire(): void {
    const now = Math.floor(performance.now() / TICK_MS);
    while (this.#firedUpTo < now && this.#tickOf.size > 0) {
      this.#firedUpTo += 1;
      for (const thing of this.#ticks.get(this.#firedUpTo) ?? []) {
        this.remove(thing);
        this.#due(thing);
      }
    }
  }
}
