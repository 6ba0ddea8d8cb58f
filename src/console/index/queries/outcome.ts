import type { DeliveryState, EventOutcome } from "../../../admin-api/history/history.ts";

/** Something that brought a delivery to a state. Of several at one time the one with the highest rank came last. */
export interface StateMark {
  readonly atMs: number;
  readonly rank: number;
  readonly state: DeliveryState;
}

export const MARK_RANKS = { attempt: 0, lastAttempt: 1, redrive: 2, letter: 3, parked: 4 } as const;

export function attemptMark(atMs: number, verdict: string): StateMark {
  if (verdict === "failed") return { atMs, rank: MARK_RANKS.lastAttempt, state: "failed" };
  return { atMs, rank: MARK_RANKS.attempt, state: verdict === "done" ? "delivered" : "failing" };
}

export function redriveMark(atMs: number, to: string): StateMark {
  return { atMs, rank: MARK_RANKS.redrive, state: to === "bus" ? "redriven" : "waiting" };
}

/** A dead letter, or a parked message. */
export function setAsideMark(atMs: number, kind: "letter" | "parked"): StateMark {
  return { atMs, rank: MARK_RANKS[kind], state: "failed" };
}

/**
 * What became of a delivery. Once its target answered well, or its queue took it, it is delivered for good; before that
 * the last mark counts.
 */
export function stateOf(isQueue: boolean, marks: readonly StateMark[]): DeliveryState {
  if (isQueue || marks.some(({ state }) => state === "delivered")) return "delivered";
  const [last] = marks.toSorted((a, b) => b.atMs - a.atMs || b.rank - a.rank);
  return last?.state ?? "waiting";
}

/** What became of an event with rules that matched, by what its rules' deliveries came to. */
export function outcomeOf(states: readonly DeliveryState[]): EventOutcome {
  for (const state of ["failed", "failing", "waiting"] as const) if (states.includes(state)) return state;
  // Put on its bus anew, and nothing of what came of that is known yet.
  const isOnlyRedriven = states.length > 0 && states.every((state) => state === "redriven");
  return isOnlyRedriven ? "waiting" : "delivered";
}
