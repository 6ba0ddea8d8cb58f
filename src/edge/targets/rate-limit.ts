/**
 * A smooth rate limit: calls are spaced evenly, and after a pause no more than a tenth of a second's worth may come
 * at once. It is a token bucket kept as one number, the time at which the bucket would be full again (the "generic
 * cell rate algorithm"), so it needs no timer.
 */
export class RateLimit {
  readonly #spacingMs: number;
  readonly #burstMs: number;
  #fullAtMs = 0;

  constructor(ratePerSecond: number) {
    this.#spacingMs = 1_000 / ratePerSecond;
    this.#burstMs = (Math.ceil(ratePerSecond / 10) - 1) * this.#spacingMs;
  }

  /**
   * Takes the next place in the row.
   *
   * @returns how long to wait before making the call, milliseconds.
   */
  take(nowMs: number): number {
    const fullAtMs = Math.max(this.#fullAtMs, nowMs);
    this.#fullAtMs = fullAtMs + this.#spacingMs;
    return Math.max(0, fullAtMs - this.#burstMs - nowMs);
  }
}
