/** How much time may be made up for after a slow step. Without a bound, a long browse before it would allow a burst. */
const BEHIND_MS_MAX = 2_000;

/** Paces messages at a rate, from the moment it is made. The time of a slow step is made up for, up to two seconds of it. */
export class Pace {
  /** The time between two messages, milliseconds; 0 without a rate. */
  #intervalMs: number;
  readonly #steadyMs: () => number;
  /** The moment up to which the messages that went have used the time. */
  #usedUntilMs: number;

  /** @param ratePerSecond undefined for as fast as they come. */
  constructor(ratePerSecond: number | undefined, steadyMs: () => number) {
    this.#intervalMs = intervalOf(ratePerSecond);
    this.#steadyMs = steadyMs;
    this.#usedUntilMs = steadyMs();
  }

  /** Goes on at another rate. What the former rate would have allowed by now is not made up for. */
  follow(ratePerSecond: number | undefined): void {
    const intervalMs = intervalOf(ratePerSecond);
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.#usedUntilMs = this.#steadyMs();
  }

  /** How many may go now. */
  get due(): number {
    if (this.#intervalMs === 0) return Infinity;
    const nowMs = this.#steadyMs();
    this.#usedUntilMs = Math.max(this.#usedUntilMs, nowMs - BEHIND_MS_MAX);
    return Math.floor((nowMs - this.#usedUntilMs) / this.#intervalMs);
  }

  /** The time until the next one may go, in whole milliseconds. One interval passes before the first. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(this.#usedUntilMs + this.#intervalMs - this.#steadyMs()));
  }

  went(count: number): void {
    this.#usedUntilMs += count * this.#intervalMs;
  }
}

function intervalOf(ratePerSecond: number | undefined): number {
  return ratePerSecond === undefined ? 0 : 1_000 / ratePerSecond;
}
