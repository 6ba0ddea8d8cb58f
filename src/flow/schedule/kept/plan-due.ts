import type { Schedule, ScheduleDue, ScheduleMissedFact } from "../../../domain/schedule/schedule.ts";
import type { Turn } from "../../../domain/schedule/turn.ts";
import { nextTurn } from "../../../domain/schedule/turn.ts";
import { dueOf, MADE_UP_MS, MISSED_COUNT_MAX } from "../agenda.ts";

/** What a schedule of the store does at one look: what it fires, what it missed, and when it is due next. */
export interface DuePlan {
  readonly fire: readonly ScheduleDue[];
  readonly missed: ScheduleMissedFact | undefined;
  /** Undefined when it is not due any more. */
  readonly next: Turn | undefined;
}

/**
 * Plans what a schedule that is due fires: its due time and those after it whose turn has come. As with schedules of files,
 * what was to fire more than five minutes ago is not made up for, but for one-time schedules.
 *
 * @param first the turn that has come.
 */
export function planDue(schedule: Schedule, first: Turn, nowMs: number): DuePlan {
  const isOnce = schedule.timing.expression.kind === "at";
  const madeUpFromMs = nowMs - MADE_UP_MS;
  const fire: ScheduleDue[] = [];
  let missed = 0;
  let turn: Turn | undefined = first;
  // The first one's turn has come by the store's clock, whatever this router's says.
  while (turn !== undefined && (turn === first || turn.turnMs <= nowMs)) {
    if (isOnce || turn.turnMs >= madeUpFromMs) fire.push(dueOf(schedule, turn));
    else missed += 1;
    turn = nextTurn(schedule, turn, missed === MISSED_COUNT_MAX ? madeUpFromMs - 1 : turn.dueMs);
  }
  return {
    fire,
    missed: missed === 0 ? undefined : { schedule: schedule.name, count: missed, firstDueMs: first.dueMs },
    next: turn,
  };
}
