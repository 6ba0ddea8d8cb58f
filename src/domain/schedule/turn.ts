import { fireTime } from "./flexible-window.ts";
import { keyOfSchedule } from "./kept/kept-schedule.ts";
import { nextDue } from "./next-due.ts";
import type { Schedule } from "./schedule.ts";

const MINUTE_MS = 60_000;
/** Working out a due time takes up to a tenth of a millisecond: other work is done between these. */
const DUE_TIMES_A_TURN = 50;

/** A due time, and when it is to fire: later than that in a flexible time window. Epoch milliseconds. */
export interface Turn {
  readonly dueMs: number;
  readonly turnMs: number;
}

export type Timed = Pick<Schedule, "name" | "timing" | "windowMinutes">;

/**
 * The turn after another one: never before it, however the places in the window are.
 *
 * @param afterMs due times up to then are left out.
 */
export function nextTurn(schedule: Timed, { dueMs, turnMs }: Turn, afterMs = dueMs): Turn | undefined {
  const next = turnAfter(schedule, Math.max(dueMs, afterMs));
  return next && { dueMs: next.dueMs, turnMs: Math.max(turnMs, next.turnMs) };
}

/**
 * The first turn after an instant; undefined when there is none. A turn lies in the window of its due time. Due times
 * that are a window back or more have had theirs, and delay none after the instant: the walk begins behind them.
 *
 * @param pause resolves when other work has had its turn: a window of a day has 1,440 due times at most.
 */
export async function firstTurnAfter(
  schedule: Timed,
  afterMs: number,
  pause: () => Promise<void>,
): Promise<Turn | undefined> {
  const { windowMinutes = 0 } = schedule;
  let turn = turnAfter(schedule, afterMs - windowMinutes * MINUTE_MS);
  for (let count = 1; turn !== undefined && turn.turnMs <= afterMs; count += 1) {
    if (count % DUE_TIMES_A_TURN === 0) await pause();
    turn = nextTurn(schedule, turn);
  }
  return turn;
}

function turnAfter({ name, timing, windowMinutes }: Timed, afterMs: number): Turn | undefined {
  const dueMs = nextDue(timing, afterMs);
  if (dueMs === undefined) return undefined;
  return { dueMs, turnMs: fireTime(keyOfSchedule(name), dueMs, windowMinutes) };
}
