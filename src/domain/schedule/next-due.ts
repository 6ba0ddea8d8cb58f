import type { Cron } from "./cron.ts";
import { YEAR_MAX } from "./cron.ts";
import { fitsDay, monthOf } from "./cron-days.ts";
import type { ScheduleExpression } from "./expression.ts";
import type { TimeZone } from "./time-zone.ts";
import { instantOf } from "./time-zone.ts";

/** No schedule is due after this. */
const LAST_MS = Date.UTC(YEAR_MAX, 11, 31, 23, 59, 59);

const MINUTE_MS = 60_000;

/** When a schedule is due. All times are epoch milliseconds. */
export interface Timing {
  readonly expression: ScheduleExpression;
  readonly zone: TimeZone;
  /** Not due before it; of a rate, also the first time it is due. Not for a one-time schedule. */
  readonly startMs?: number;
  /** The last time it may be due. Not for a one-time schedule. */
  readonly endMs?: number;
}

/**
 * The first time after an instant at which a schedule is due; undefined when there is none.
 *
 * A rate without a start counts from the beginning of 1970, UTC, so that every router comes to the same times. A local
 * time that clocks skip is left out, and one that they repeat is due once, the first time ("Schedule types in EventBridge
 * Scheduler"; the first is our choice).
 */
export function nextDue({ expression, zone, startMs, endMs }: Timing, afterMs: number): number | undefined {
  if (expression.kind === "at") {
    const atMs = instantOf(zone, expression.localMs);
    return atMs !== undefined && atMs > afterMs ? atMs : undefined;
  }
  // One millisecond before the start, so that the start itself is after it.
  const fromMs = Math.max(afterMs, startMs === undefined ? -1 : startMs - 1);
  const dueMs =
    expression.kind === "rate"
      ? nextOfRate(expression.everyMs, startMs ?? 0, fromMs)
      : nextOfCron(expression.cron, zone, fromMs);
  return dueMs === undefined || dueMs > Math.min(endMs ?? LAST_MS, LAST_MS) ? undefined : dueMs;
}

/** Days are 24 hours, whatever the clocks of a zone do. */
function nextOfRate(everyMs: number, anchorMs: number, afterMs: number): number {
  return anchorMs + Math.max(0, Math.floor((afterMs - anchorMs) / everyMs) + 1) * everyMs;
}

/** Local times come in the order of their instants, since of a repeated one only the first counts. */
function nextOfCron(cron: Cron, zone: TimeZone, afterMs: number): number | undefined {
  const fromLocalMs = zone.localOf(afterMs);
  for (const localDayMs of daysFrom(cron, fromLocalMs)) {
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const localMs = localDayMs + (hour * 60 + minute) * MINUTE_MS;
        if (localMs <= fromLocalMs) continue;
        const dueMs = instantOf(zone, localMs);
        if (dueMs !== undefined && dueMs > afterMs) return dueMs;
      }
    }
  }
  return undefined;
}

/** The days that the expression names, from that of a local time on, each at its local midnight. */
function* daysFrom({ years, months, days }: Cron, fromLocalMs: number): Generator<number> {
  const from = new Date(fromLocalMs);
  const [fromYear, fromMonth, fromDay] = [from.getUTCFullYear(), from.getUTCMonth() + 1, from.getUTCDate()];
  for (const year of years) {
    if (year < fromYear) continue;
    for (const month of months) {
      if (year === fromYear && month < fromMonth) continue;
      const calendar = monthOf(year, month);
      const firstDay = year === fromYear && month === fromMonth ? fromDay : 1;
      for (let day = firstDay; day <= calendar.days; day++) {
        if (days.some((rule) => fitsDay(rule, day, calendar))) yield Date.UTC(year, month - 1, day);
      }
    }
  }
}
