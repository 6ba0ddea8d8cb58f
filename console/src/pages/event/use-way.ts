import type { EventWay } from "../../../../src/admin-api/history.ts";
import { useAnswer, type AnswerState } from "../../api/use-answer.ts";
import { isEnded } from "../../logic/lanes.ts";

const LIVE_MS = 500;
const LIVE_FOR_MS = 60_000;
const LATER_MS = 3_000;

/** An event's way, read again until it has ended: each 500 ms in its first minute, then each 3 s. */
export function useWay(id: string): AnswerState<EventWay> {
  return useAnswer<EventWay>(`events/${encodeURIComponent(id)}`, { pollMs });
}

function pollMs(way: EventWay | undefined): number | undefined {
  if (isEnded(way)) return undefined;
  const ageMs = Date.now() - (way?.event?.atMs ?? 0);
  return ageMs < LIVE_FOR_MS ? LIVE_MS : LATER_MS;
}
