import { textHash } from "../../text/text-hash.ts";

const MINUTE_MS = 60_000;

/**
 * When a schedule with a flexible time window fires: at its due time or later, before the window ends. The same for the
 * same due time on every router, and spread over the window from one schedule and time to the next.
 *
 * @returns epoch milliseconds.
 */
export function fireTime(key: string, dueMs: number, windowMinutes: number | undefined): number {
  if (windowMinutes === undefined) return dueMs;
  return dueMs + Math.floor((textHash(`${key} ${dueMs}`) / 2 ** 32) * windowMinutes * MINUTE_MS);
}
