import { createHash, randomUUID } from "node:crypto";
import { setImmediate as nextTurn, setTimeout as sleepFor } from "node:timers/promises";
import { Freezes } from "../async/freezes.ts";

/** When this process was frozen. */
export const FREEZES = new Freezes(steadyMs);

/** Time, chance and ids of the process. Everything below `app/` is handed them, so that tests can hand in others. */
export const PROCESS = {
  newId: randomUUID as () => string,
  nowMs: Date.now,
  random: Math.random,
  /** Resolves after `ms`. Rejects with the signal's reason when that fires first. */
  sleep: (ms: number, signal: AbortSignal): Promise<void> => sleepFor(ms, undefined, { signal }),
  /** Resolves when other work has had its turn of the event loop. */
  pause: nextTurn as () => Promise<void>,
  /** To be called before what another router may be doing by now, should this process have been frozen. */
  noticeFreeze: (): void => FREEZES.notice(),
} as const;

/** A clock that nobody sets, in milliseconds from any moment: it only goes forward. */
export function steadyMs(): number {
  return performance.now();
}

/** How long the event loop has had nothing to do so far, in milliseconds. */
export function idleMs(): number {
  return performance.eventLoopUtilization().idle;
}

/** An id derived from a text, in the form of a UUID: the same text has the same id on every router. */
export function deriveId(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
