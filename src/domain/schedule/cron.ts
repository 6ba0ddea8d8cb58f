import type { DayRule } from "./cron-days.ts";
import { parseDays } from "./cron-days.ts";
import type { FieldRange } from "./cron-field.ts";
import { parseField } from "./cron-field.ts";

/** The fields of a cron expression: every value at which it is due, in ascending order. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  readonly years: readonly number[];
  /** The days, by the one of the two fields that is not `?`. */
  readonly days: readonly DayRule[];
}

export type CronRead = { readonly ok: true; readonly cron: Cron } | { readonly ok: false; readonly reason: string };

export const YEAR_MAX = 2_199;

const MONTH_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] as const;

const MINUTES: FieldRange = { noun: "minutes", min: 0, max: 59, wraps: true };
const HOURS: FieldRange = { noun: "hours", min: 0, max: 23, wraps: true };
const MONTHS: FieldRange = { noun: "month", min: 1, max: 12, wraps: true, names: MONTH_NAMES };
const YEARS: FieldRange = { noun: "year", min: 1_970, max: YEAR_MAX, wraps: false };

/** Reads the six fields between the brackets of `cron(…)`. */
export function parseCron(inside: string): CronRead {
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", year, ...more] = inside.split(/ +/);
  if (year === undefined || more.length > 0) {
    return { ok: false, reason: "must have six fields: minutes hours day-of-month month day-of-week year" };
  }
  const days = parseDays(dayOfMonth, dayOfWeek);
  if (!days.ok) return days;
  const fields = [
    parseField(minute, MINUTES),
    parseField(hour, HOURS),
    parseField(month, MONTHS),
    parseField(year, YEARS),
  ] as const;
  const wrong = fields.find((field) => !field.ok);
  if (wrong?.ok === false) return wrong;
  const [minutes = [], hours = [], months = [], years = []] = fields.map((field) => (field.ok ? field.values : []));
  return { ok: true, cron: { minutes, hours, months, years, days: days.days } };
}
