/**
 * A smooth rate limit: calls are spaced evenly, and after a pause no more than a tenth of a second's worth may come
 * at once. It is a token bucket kept as one number, the time at which the bucket would be full again (the "generic
 * cell rate algorithm"), so it needs no timer.
 *
 * The bucket begins empty. A router takes over from another whose last calls it does not know: with a full one the
 * target would get two bursts in a row.
 */
export class RateLimit {
  #spacingMs: number;
  #burstMs: number;
  #fullAtMs: number;

  constructor(ratePerSecond: number, nowMs: number) {
    this.#spacingMs = 1_000 / ratePerSecond;
    this.#burstMs = burstCalls(ratePerSecond) * this.#spacingMs;
    this.#fullAtMs = nowMs + this.#burstMs + this.#spacingMs;
  }

  /** Calls that were made before count at the new rate as well: as many are missing in the bucket. */
  changeRate(ratePerSecond: number, nowMs: number): void {
    const missingCalls = Math.max(0, this.#fullAtMs - nowMs) / this.#spacingMs;
    this.#spacingMs = 1_000 / ratePerSecond;
    this.#burstMs = burstCalls(ratePerSecond) * this.#spacingMs;
    this.#fullAtMs = nowMs + missingCalls * this.#spacingMs;
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

/** At the least what a timer is late, or else a slow rate would lose that with each call. */
function burstCalls(ratePerSecond: number): number {
  return Math.max(Math.ceil(ratePerSecond / 10) - 1, 0.05);
}

/** The limits of API destinations by name. They outlast whoever calls: a reload gives no destination a burst more. */
export class RateLimits {
  readonly #byName = new Map<string, RateLimit>();

  /** The limit of a destination, from now on at this rate. */
  at(name: string, ratePerSecond: number, nowMs: number): RateLimit {
    const known = this.#byName.get(name);
    known?.changeRate(ratePerSecond, nowMs);
    const limit = known ?? new RateLimit(ratePerSecond, nowMs);
    this.#byName.set(name, limit);
    return limit;
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
