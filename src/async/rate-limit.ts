/** How a rate limit treats calls that come close together. */
export interface Burst {
  /** How many calls may come at once after a pause, beyond the first. */
  readonly calls: (perSecond: number) => number;
  /** Whether the first calls may come as a burst. False where somebody else may have made calls a moment ago. */
  readonly isAllowedAtStart: boolean;
}

/**
 * A rate limit that needs no timer: a token bucket, kept as the time at which it is full again (the generic cell rate
 * algorithm). Times are milliseconds from any fixed moment and never go back.
 */
export class RateLimit {
  readonly #burst: Burst;
  #perSecond: number;
  #spacingMs: number;
  #burstMs: number;
  #fullAtMs: number;

  constructor(perSecond: number, nowMs: number, burst: Burst) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#spacingMs = 1_000 / perSecond;
    this.#burstMs = burst.calls(perSecond) * this.#spacingMs;
    this.#fullAtMs = burst.isAllowedAtStart ? nowMs : nowMs + this.#burstMs + this.#spacingMs;
  }

  /** Earlier calls count at the new rate as well: the bucket lacks as many as before. */
  changeRate(perSecond: number, nowMs: number): void {
    if (perSecond === this.#perSecond) return;
    const missingCalls = Math.max(0, this.#fullAtMs - nowMs) / this.#spacingMs;
    this.#perSecond = perSecond;
    this.#spacingMs = 1_000 / perSecond;
    this.#burstMs = this.#burst.calls(perSecond) * this.#spacingMs;
    this.#fullAtMs = nowMs + missingCalls * this.#spacingMs;
  }

  /** Counts a call, and returns how many milliseconds it has to wait. */
  take(nowMs: number): number {
    const waitMs = this.#waitMs(nowMs);
    this.#count(nowMs);
    return waitMs;
  }

  /** Counts a call that may go on at once, and returns 0. Otherwise returns how many milliseconds it is too early. */
  tryTake(nowMs: number): number {
    const waitMs = this.#waitMs(nowMs);
    if (waitMs === 0) this.#count(nowMs);
    return waitMs;
  }

  #waitMs(nowMs: number): number {
    return Math.max(0, Math.max(this.#fullAtMs, nowMs) - this.#burstMs - nowMs);
  }

  #count(nowMs: number): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#spacingMs;
  }
}

/** A rate limit for each key. At most `keysMax` are kept: the one that was used longest ago makes room for a new one. */
export class RateLimits {
  readonly #burst: Burst;
  readonly #keysMax: number;
  /** Least recently used first. */
  readonly #byKey = new Map<string, RateLimit>();

  constructor(burst: Burst, keysMax: number) {
    this.#burst = burst;
    this.#keysMax = keysMax;
  }

  /** The limit of a key, at this rate from now on. */
  at(key: string, perSecond: number, nowMs: number): RateLimit {
    const limit = this.#byKey.get(key) ?? new RateLimit(perSecond, nowMs, this.#burst);
    limit.changeRate(perSecond, nowMs);
    this.#byKey.delete(key);
    this.#byKey.set(key, limit);
    const [longestAgo] = this.#byKey.keys();
    if (longestAgo !== undefined && this.#byKey.size > this.#keysMax) this.#byKey.delete(longestAgo);
    return limit;
  }
}
