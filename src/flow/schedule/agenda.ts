import type { Schedule, ScheduleDue, ScheduleMissedFact } from "../../domain/schedule/schedule.ts";
import type { Turn } from "../../domain/schedule/turn.ts";
import { firstTurnAfter, nextTurn } from "../../domain/schedule/turn.ts";

/** Due times are made up for when they passed this long ago or less; one-time schedules always are. */
export const MADE_UP_MS = 300_000;

/** How many missed due times of a schedule are counted. */
export const MISSED_COUNT_MAX = 100;

/** Working out a due time takes up to a tenth of a millisecond: other work is done between these. */
const SCHEDULES_A_TURN = 50;

export interface AgendaOptions {
  /** Everything due up to then has been fired. */
  readonly afterMs: number;
  readonly nowMs: number;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
}

/** When each schedule is due next, after what has been fired. */
export class Agenda {
  #entries: readonly Entry[];
  /** What was due so long ago that it is not made up for. */
  readonly missed: readonly ScheduleMissedFact[];

  private constructor(entries: readonly Entry[], missed: readonly ScheduleMissedFact[]) {
    this.#entries = entries;
    this.missed = missed;
  }

  static async of(schedules: Iterable<Schedule>, options: AgendaOptions): Promise<Agenda> {
    const entries: Entry[] = [];
    const missed: ScheduleMissedFact[] = [];
    let count = 0;
    for (const schedule of schedules) {
      if (schedule.state === "DISABLED") continue;
      if (++count % SCHEDULES_A_TURN === 0) await options.pause();
      const { turn, ...first } = await firstOf(schedule, options);
      if (first.missed !== undefined) missed.push(first.missed);
      if (turn !== undefined) entries.push({ schedule, turn });
    }
    return new Agenda(entries, missed);
  }

  /** The next time at which anything is to fire; undefined when nothing ever is. */
  get nextMs(): number | undefined {
    return this.#entries.reduce<number | undefined>(
      (least, { turn: { turnMs } }) => (least === undefined || turnMs < least ? turnMs : least),
      undefined,
    );
  }

  /** Takes everything that is to fire by then, in the order of its due times. */
  take(nowMs: number): readonly ScheduleDue[] {
    const taken: ScheduleDue[] = [];
    this.#entries = this.#entries.flatMap(({ schedule, turn }) => {
      let next: Turn | undefined = turn;
      for (; next !== undefined && next.turnMs <= nowMs; next = nextTurn(schedule, next)) {
        taken.push(dueOf(schedule, next));
      }
      return next === undefined ? [] : [{ schedule, turn: next }];
    });
    return taken.sort((a, b) => a.dueMs - b.dueMs);
  }
}

/** A schedule, and the next time that it fires. */
interface Entry {
  readonly schedule: Schedule;
  readonly turn: Turn;
}

/** What fires when a schedule's turn has come. */
export function dueOf(schedule: Schedule, { dueMs, turnMs }: Turn): ScheduleDue {
  return { schedule, dueMs, ...(turnMs > dueMs ? { fireAtMs: turnMs } : {}) };
}

async function firstOf(
  schedule: Schedule,
  { afterMs, nowMs, pause }: AgendaOptions,
): Promise<{ readonly turn: Turn | undefined; readonly missed?: ScheduleMissedFact }> {
  const first = await firstTurnAfter(schedule, afterMs, pause);
  const madeUpFromMs = nowMs - MADE_UP_MS;
  const isOnce = schedule.timing.expression.kind === "at";
  if (first === undefined || first.turnMs >= madeUpFromMs || isOnce) return { turn: first };
  let count = 0;
  for (let turn: Turn | undefined = first; turn !== undefined && turn.turnMs < madeUpFromMs;) {
    if (++count === MISSED_COUNT_MAX) break;
    turn = nextTurn(schedule, turn);
  }
  const missed = { schedule: schedule.name, count, firstDueMs: first.dueMs };
  return { turn: await firstTurnAfter(schedule, madeUpFromMs - 1, pause), missed };
}
