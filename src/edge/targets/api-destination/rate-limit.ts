import type { Burst, RateLimit } from "../../../async/rate-limit.ts";
import { RateLimits } from "../../../async/rate-limit.ts";

/** More than a configuration has API destinations. */
const DESTINATIONS_MAX = 100_000;

/**
 * Calls are spaced evenly, and after a pause at most a tenth of a second's worth comes at once. The bucket begins empty: a
 * router that takes over from another does not know its last calls, and the target would get two bursts in a row.
 */
export const CALL_BURST: Burst = {
  // At least what a timer is late, or a slow rate would lose that with each call.
  calls: (perSecond) => Math.max(Math.ceil(perSecond / 10) - 1, 0.05),
  isAllowedAtStart: false,
};

/** The limits of API destinations by name. They outlast the invokers: a reload gives no destination another burst. */
export function destinationRateLimits(): RateLimits {
  return new RateLimits(CALL_BURST, DESTINATIONS_MAX);
}

export interface Clock {
  /** Milliseconds from any fixed moment; never goes back. */
  nowMs(): number;
  /** Rejects when the signal fires. */
  sleep(durationMs: number, signal: AbortSignal): Promise<unknown>;
}

/**
 * Lets callers go one after the other, each when the limit has room for it. A caller counts against the limit only when the
 * one before has gone. Counted ahead, all would go at once after the router was held up for a second.
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
