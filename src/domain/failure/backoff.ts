import { doublingMs } from "../../async/doubling.ts";

/**
 * The wait before a retry of a target that is throttled or out of order: 1 s doubling to 5 min, as Lambda's
 * asynchronous invocation does, with the upper half of it drawn at random so that retries do not come in waves.
 *
 * @param attempt 1-based number of the attempt that just failed.
 * @param random in [0, 1).
 * @returns milliseconds.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceilingMs = doublingMs(attempt, 1_000, 300_000);
  return Math.max(1_000, Math.round(ceilingMs / 2 + (random * ceilingMs) / 2));
}
