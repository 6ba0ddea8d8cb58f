/** How fast messages may go, from the moment it is made. A step that took long is caught up with. */
export class Pace {
  readonly #ratePerSecond: number;
  readonly #steadyMs: () => number;
  readonly #startedAtMs: number;
  #done = 0;

  /** @param ratePerSecond none, for as fast as they come. */
  constructor(ratePerSecond: number | undefined, steadyMs: () => number) {
    this.#ratePerSecond = ratePerSecond ?? Infinity;
    this.#steadyMs = steadyMs;
    this.#startedAtMs = steadyMs();
  }

  get elapsedMs(): number {
    return this.#steadyMs() - this.#startedAtMs;
  }

  /** How many may go now. */
  get due(): number {
    if (this.#ratePerSecond === Infinity) return Infinity;
    return Math.floor((this.elapsedMs * this.#ratePerSecond) / 1_000) - this.#done;
  }

  /** When the next one may go, in milliseconds from the start: one interval passes before the first. */
  get nextAtMs(): number {
    return this.#ratePerSecond === Infinity ? 0 : ((this.#done + 1) * 1_000) / this.#ratePerSecond;
  }

  went(count: number): void {
    this.#done += count;
  }
}
