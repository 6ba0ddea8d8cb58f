import { useRef } from "preact/hooks";
import type { EventWay } from "../../../../src/admin-api/history/history.ts";
import { useAnswer, type AnswerState } from "../../api/use-answer.ts";
import { isEnded } from "../../logic/event/lanes.ts";

const LIVE_MS = 500;
const LIVE_FOR_MS = 60_000;
const LATER_MS = 3_000;
/** A dead letter of it may be redriven at any time. */
const ENDED_MS = 5_000;

/** An event's way, read again each 500 ms in its first minute, then each 3 s, and each 5 s once it has ended. */
export function useWay(id: string): AnswerState<EventWay> {
  const opened = useRef({ id, atMs: Date.now() });
  if (opened.current.id !== id) opened.current = { id, atMs: Date.now() };
  const pollMs = (way: EventWay | undefined): number => {
    if (isEnded(way)) return ENDED_MS;
    // Of an event that was just put nothing may be known yet.
    const sinceMs = way?.event?.atMs ?? opened.current.atMs;
    return Date.now() - sinceMs < LIVE_FOR_MS ? LIVE_MS : LATER_MS;
  };
  return useAnswer(`events/${encodeURIComponent(id)}`, { pollMs });
}
