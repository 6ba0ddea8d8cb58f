import type { EventBodyListed } from "../../../../src/admin-api/history/flows.ts";
import type { JsonObject } from "../../../../src/json/json.ts";
import type { Pattern } from "../../../../src/pattern/pattern.ts";
import { missesIn, readEvent } from "./sandbox.ts";

/** How long the page works before it lets the browser draw and take keys. */
const SLICE_MS = 30;
/** How many of the fewer ones are shown. */
const ODD_MAX = 20;

/** An event that was there, read once and judged at each change of the pattern. */
export interface PastEvent {
  readonly id: string;
  readonly atMs: number;
  readonly type: string;
  readonly event: JsonObject;
}

/** An event that is one of the few, and the fields that keep it from matching. */
export interface OddEvent extends PastEvent {
  readonly misses: readonly string[];
}

export interface Tally {
  readonly judged: number;
  readonly matching: number;
  /** Those that match where fewer do than do not, else those that do not. */
  readonly odd: readonly OddEvent[];
  readonly isOddMatching: boolean;
}

/** Reads the events of a page of bodies. One that cannot be read is left out. */
export function readPast(rows: readonly EventBodyListed[]): readonly PastEvent[] {
  return rows.flatMap(({ id, atMs, type, body }) => {
    const read = readEvent(body);
    return read.ok ? [{ id, atMs, type, event: read.event }] : [];
  });
}

/**
 * Judges all events by a pattern, some at a time. Resolves with undefined when the signal fired first.
 *
 * @param nextTurn resolves when the browser has had its turn.
 */
export async function judgeAll(
  events: readonly PastEvent[],
  pattern: Pattern,
  { signal, nextTurn, nowMs }: { signal: AbortSignal; nextTurn: () => Promise<void>; nowMs: () => number },
): Promise<Tally | undefined> {
  const matching: OddEvent[] = [];
  const missing: OddEvent[] = [];
  let count = 0;
  let sliceEndsMs = nowMs() + SLICE_MS;
  for (const one of events) {
    if (nowMs() >= sliceEndsMs) {
      await nextTurn();
      sliceEndsMs = nowMs() + SLICE_MS;
    }
    if (signal.aborted) return undefined;
    const misses = missesIn(pattern, one.event);
    const isMatched = typeof misses === "object" && misses.length === 0;
    if (isMatched) count++;
    const kept = isMatched ? matching : missing;
    if (kept.length < ODD_MAX)
      kept.push({ ...one, misses: misses === "too costly" ? [] : misses.map((miss) => miss.field) });
  }
  const isOddMatching = count * 2 <= events.length;
  return { judged: events.length, matching: count, odd: isOddMatching ? matching : missing, isOddMatching };
}
