import type { Coverage } from "../../../../src/admin-api/history/history.ts";
import { counted } from "../text/numbers.ts";
import { agoText, durationText, momentText } from "../text/times.ts";

const BEHIND_MS = 3_000;

/** What the lists cannot show, and why: a gap is never silent. */
export function coverageNotes(coverage: Coverage, nowMs: number): readonly string[] {
  const { sampling, behindMs = 0, lostAtMs, unreadableFrames } = coverage;
  return [
    ...sampling
      .filter(({ oneIn }) => oneIn > 1)
      .map(
        ({ router, oneIn, sinceMs }) =>
          `1 in ${oneIn} of the events that succeed is shown of router ${router} since ${momentText(sinceMs, nowMs)}; those that fail all are.`,
      ),
    ...(behindMs > BEHIND_MS
      ? [`The index is behind by ${durationText(behindMs)}: the newest events are not in it yet.`]
      : []),
    ...(lostAtMs === undefined
      ? []
      : [`Parts of the journal were deleted before they were read, ${agoText(lostAtMs, nowMs)}.`]),
    ...(unreadableFrames > 0 ? [`${counted(unreadableFrames, "frame")} of the journal could not be read.`] : []),
  ];
}
