import { setTimeout as delay } from "node:timers/promises";

/** How long the broker may take over one request. A blocked or stalled connection never answers at all. */
export const RPC_TIMEOUT_MS = 10_000;

const PAUSE_FIRST_MS = 1_000;
const PAUSE_LONGEST_MS = 30_000;

/** A request that the broker did not answer in time. It may be carried out all the same. */
class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/** The promise's own result, or a `TimeLimitError` naming `what` after `limitMs`. */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new TimeLimitError(`${what} took longer than ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long to wait after the nth failure in a row: 1 s, doubling to 30 s. */
export function pauseMs(failures: number): number {
  return Math.min(PAUSE_LONGEST_MS, PAUSE_FIRST_MS * 2 ** (failures - 1));
}

/** Waits, or returns early when the signal fires. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal, ref: false }).catch(() => undefined);
}
