/** What a step that took long may be caught up with. Without a bound, a long browse before it would allow a burst. */
const BEHIND_MS_MAX = 2_000;

/** How fast messages may go, from the moment it is made. A step that took long is caught up with, within two seconds. */
export class Pace {
  /** The time that one message takes, milliseconds; 0 for as fast as they come. */
  readonly #intervalMs: number;
  readonly #steadyMs: () => number;
  /** The moment up to which the time is used up by messages that went. */
  #usedUntilMs: number;

  /** @param ratePerSecond none, for as fast as they come. */
  constructor(ratePerSecond: number | undefined, steadyMs: () => number) {
    this.#intervalMs = ratePerSecond === undefined ? 0 : 1_000 / ratePerSecond;
    this.#steadyMs = steadyMs;
    this.#usedUntilMs = steadyMs();
  }

  /** How many may go now. */
  get due(): number {
    if (this.#intervalMs === 0) return Infinity;
    const nowMs = this.#steadyMs();
    this.#usedUntilMs = Math.max(this.#usedUntilMs, nowMs - BEHIND_MS_MAX);
    return Math.floor((nowMs - this.#usedUntilMs) / this.#intervalMs);
  }

  /** How long it is until the next one may go, in whole milliseconds: one interval passes before the first. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(this.#usedUntilMs + this.#intervalMs - this.#steadyMs()));
  }

  went(count: number): void {
    this.#usedUntilMs += count * this.#intervalMs;
  }
}
