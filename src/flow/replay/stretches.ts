import type { EventMinute } from "./minutes.ts";
import type { PlaceRun } from "./place-runs.ts";
import { costOf, joinedRuns } from "./place-runs.ts";

/** Bodies that are held in memory to be put in order. */
export const STRETCH_BYTES_MAX = 8 * 1024 * 1024;
const STRETCH_RUNS_MAX = 64;

/** Minutes that are read together and sent one after the other. */
export interface Stretch {
  /** The first and the last minute, both included. */
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  readonly runs: readonly PlaceRun[];
}

/**
 * Divides minutes into stretches. Neighbours are read together where that reads less than reading one after the other, and as
 * long as their events fit the memory: however wildly times are mixed, the archive is read once for each `STRETCH_BYTES_MAX`
 * of events and for each minute that has more than half of that.
 */
export function stretchesOf(minutes: readonly EventMinute[], bytesMax = STRETCH_BYTES_MAX): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let current: Stretch | undefined;
  for (const { minute, bytes, runs } of minutes) {
    const next = { first: minute, last: minute, bytes, runs };
    const joined = current && join(current, next, bytesMax);
    if (joined === undefined && current !== undefined) stretches.push(current);
    current = joined ?? next;
  }
  return current === undefined ? stretches : [...stretches, current];
}

function join(one: Stretch, next: Stretch, bytesMax: number): Stretch | undefined {
  const bytes = one.bytes + next.bytes;
  if (bytes > bytesMax) return undefined;
  const runs = joinedRuns(one.runs, next.runs);
  if (runs.length > STRETCH_RUNS_MAX || costOf(runs) >= costOf(one.runs) + costOf(next.runs)) return undefined;
  return { first: one.first, last: next.last, bytes, runs };
}
