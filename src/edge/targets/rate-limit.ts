/**
 * A smooth rate limit: calls are spaced evenly, and after a pause no more than a tenth of a second's worth may come
 * at once. It is a token bucket kept as one number, the time at which the bucket would be full again (the "generic
 * cell rate algorithm"), so it needs no timer.
 *
 * The bucket begins empty. A reload, or another router, takes over from a limit whose last calls it does not know: with
 * a full one the target would get two bursts in a row.
 */
export class RateLimit {
  readonly #spacingMs: number;
  readonly #burstMs: number;
  #fullAtMs: number;

  constructor(ratePerSecond: number, nowMs: number) {
    this.#spacingMs = 1_000 / ratePerSecond;
    // At the least what a timer is late, or else a slow rate would lose that with each call.
    this.#burstMs = Math.max(Math.ceil(ratePerSecond / 10) - 1, 0.05) * this.#spacingMs;
    this.#fullAtMs = nowMs + this.#burstMs + this.#spacingMs;
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

export interface Clock {
  /** Milliseconds from any fixed moment; never goes back. */
  nowMs(): number;
  /** Rejects when the signal fires. */
  sleep(durationMs: number, signal: AbortSignal): Promise<unknown>;
}

/**
 * Lets callers go one after the other, each when the limit has room for it. A place is only taken when the one before
 * has gone: were they given out ahead, a router that was held up for a second would let all of them go at once.
 *
 * @returns waits for the next turn; rejects when the signal fires.
 */
export function inTurn(limit: RateLimit, clock: Clock): (signal: AbortSignal) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (signal) => {
    const turn = last.then(async () => {
      signal.throwIfAborted();
      const waitMs = limit.take(clock.nowMs());
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}
