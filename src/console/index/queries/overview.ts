import type { SummaryRange } from "../../../admin-api/history/filters.ts";
import type { Coverage, Summary, SummaryStep } from "../../../admin-api/history/history.ts";
import { SUMMARY_STEP_MS } from "../segments/schema.ts";
import type { Segment, SegmentAbout } from "../segments/segment.ts";

const STEPS_MAX = 1_000;

/**
 * Counts for each step from the one that holds `fromMs` to the one that holds `toMs`. Steps are multiples of 10 s.
 *
 * @throws RangeError for more than 1,000 steps.
 */
export function summarise(segments: readonly Segment[], { fromMs, toMs, stepMs }: SummaryRange): Summary {
  const length = Math.max(1, Math.ceil(stepMs / SUMMARY_STEP_MS)) * SUMMARY_STEP_MS;
  const first = Math.floor(fromMs / length) * length;
  const count = Math.floor(toMs / length) - first / length + 1;
  if (!(count <= STEPS_MAX)) throw new RangeError(`a summary has ${STEPS_MAX} steps at most, got ${count}`);
  const steps = Array.from({ length: Math.max(0, count) }, (_, index) => ({
    atMs: first + index * length,
    accepted: 0,
    unmatched: 0,
    delivered: 0,
    failed: 0,
    letters: 0,
  }));
  for (const segment of segments) {
    for (const row of segment.iterate(
      `SELECT * FROM steps WHERE at >= ? AND at < ?`,
      first,
      first + steps.length * length,
    )) {
      const step = steps[Math.floor((Number(row["at"]) - first) / length)];
      if (step !== undefined) for (const name of COUNTED) step[name] += Number(row[name]);
    }
  }
  return { stepMs: length, steps };
}

const COUNTED = [
  "accepted",
  "unmatched",
  "delivered",
  "failed",
  "letters",
] as const satisfies readonly (keyof SummaryStep)[];

/** Which part of what happened the segments know. */
export function coverageOf(
  segments: readonly Segment[],
  { position, lostAtMs, unreadable }: SegmentAbout,
  behindMs: number | undefined,
): Coverage {
  const times = segments.flatMap((segment) => {
    const oldest = segment.get(`SELECT min(at) AS at FROM events WHERE at IS NOT NULL`)?.["at"];
    const newest = segment.get(`SELECT max(at) AS at FROM events WHERE at IS NOT NULL`)?.["at"];
    return [oldest, newest].filter((at) => typeof at === "number");
  });
  return {
    ...(times.length === 0 ? {} : { oldestAtMs: Math.min(...times), newestAtMs: Math.max(...times) }),
    bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
    segments: segments.length,
    ...(position === undefined ? {} : { position }),
    ...(behindMs === undefined ? {} : { behindMs }),
    ...(lostAtMs === undefined ? {} : { lostAtMs }),
    unreadableFrames: unreadable,
    sampling: samplingOf(segments),
  };
}

/** The last that each router said of it. */
function samplingOf(segments: readonly Segment[]): Coverage["sampling"] {
  const latest = new Map<string, { readonly oneIn: number; readonly sinceMs: number }>();
  for (const segment of segments) {
    const kind = segment.names.find("sampling");
    if (kind === undefined) continue;
    for (const { router, at, facts } of segment.all(
      `SELECT router, max(at) AS at, facts FROM happenings WHERE kind = ? GROUP BY router`,
      kind,
    )) {
      const name = segment.names.text(Number(router));
      const sinceMs = Number(at);
      if ((latest.get(name)?.sinceMs ?? -Infinity) >= sinceMs) continue;
      latest.set(name, { oneIn: (JSON.parse(String(facts)) as { oneIn: number }).oneIn, sinceMs });
    }
  }
  return [...latest].filter(([, { oneIn }]) => oneIn > 1).map(([router, what]) => ({ router, ...what }));
}
