import type { FieldRange } from "./cron-field.ts";
import { fieldValue, parseField } from "./cron-field.ts";

/** Which days of a month an expression is due on. Days of the week count from 1, Sunday, to 7. */
export type DayRule =
  | { readonly kind: "days of month"; readonly days: ReadonlySet<number> }
  /** `L` */
  | { readonly kind: "last day" }
  /** `15W`: the weekday of the month nearest to the 15th. */
  | { readonly kind: "weekday nearest"; readonly day: number }
  /** `LW` */
  | { readonly kind: "last weekday" }
  | { readonly kind: "days of week"; readonly days: ReadonlySet<number> }
  /** `6L`: the last Friday. */
  | { readonly kind: "last of week"; readonly dayOfWeek: number }
  /** `3#2`: the second Tuesday. */
  | { readonly kind: "nth of week"; readonly dayOfWeek: number; readonly nth: number };

export type DaysRead =
  { readonly ok: true; readonly days: readonly DayRule[] } | { readonly ok: false; readonly reason: string };

const DAY_NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;

const DAYS_OF_MONTH: FieldRange = { noun: "day of month", min: 1, max: 31, wraps: true };
const DAYS_OF_WEEK: FieldRange = { noun: "day of week", min: 1, max: 7, wraps: true, names: DAY_NAMES };

const SUNDAY = 1;
const SATURDAY = 7;

/** Reads both fields for days. Exactly one of them is `?`. */
export function parseDays(dayOfMonth: string, dayOfWeek: string): DaysRead {
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) {
    return { ok: false, reason: "exactly one of day-of-month and day-of-week must be ?" };
  }
  return dayOfWeek === "?" ? parseList(dayOfMonth, dayOfMonthRule) : parseDaysOfWeek(dayOfWeek);
}

function parseDaysOfWeek(text: string): DaysRead {
  if (text.includes("#") && text.includes(",")) {
    return { ok: false, reason: "day of week: a # stands alone, without a list" };
  }
  return parseList(text, dayOfWeekRule);
}

function parseList(text: string, ruleOf: (item: string) => DaysRead): DaysRead {
  const days: DayRule[] = [];
  for (const item of text.split(",")) {
    const read = ruleOf(item);
    if (!read.ok) return read;
    days.push(...read.days);
  }
  return { ok: true, days };
}

function dayOfMonthRule(item: string): DaysRead {
  if (item === "L") return one({ kind: "last day" });
  if (item === "LW") return one({ kind: "last weekday" });
  const day = item.endsWith("W") ? fieldValue(item.slice(0, -1), DAYS_OF_MONTH) : undefined;
  if (day !== undefined) return one({ kind: "weekday nearest", day });
  const field = parseField(item, DAYS_OF_MONTH);
  return field.ok ? one({ kind: "days of month", days: new Set(field.values) }) : field;
}

function dayOfWeekRule(item: string): DaysRead {
  if (item === "L") return one({ kind: "days of week", days: new Set([SATURDAY]) });
  const [name = "", nth, ...more] = item.split("#");
  const dayOfWeek = fieldValue(name, DAYS_OF_WEEK);
  if (nth !== undefined && more.length === 0 && dayOfWeek !== undefined && /^[1-5]$/.test(nth)) {
    return one({ kind: "nth of week", dayOfWeek, nth: Number(nth) });
  }
  const last = item.endsWith("L") ? fieldValue(item.slice(0, -1), DAYS_OF_WEEK) : undefined;
  if (last !== undefined) return one({ kind: "last of week", dayOfWeek: last });
  const field = parseField(item, DAYS_OF_WEEK);
  return field.ok ? one({ kind: "days of week", days: new Set(field.values) }) : field;
}

function one(rule: DayRule): DaysRead {
  return { ok: true, days: [rule] };
}

/** One month of the calendar. */
export interface Month {
  /** How many days it has. */
  readonly days: number;
  /** The day of the week of its first day: 1 is Sunday. */
  readonly firstDayOfWeek: number;
}

export function monthOf(year: number, month: number): Month {
  return {
    days: new Date(Date.UTC(year, month, 0)).getUTCDate(),
    firstDayOfWeek: new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 1,
  };
}

/** Whether a rule names a day of the month. */
export function fitsDay(rule: DayRule, day: number, month: Month): boolean {
  const dayOfWeek = dayOfWeekOf(day, month);
  switch (rule.kind) {
    case "days of month":
      return rule.days.has(day);
    case "last day":
      return day === month.days;
    case "weekday nearest":
      return day === nearestWeekday(rule.day, month);
    case "last weekday":
      return day === nearestWeekday(month.days, month);
    case "days of week":
      return rule.days.has(dayOfWeek);
    case "last of week":
      return rule.dayOfWeek === dayOfWeek && day + 7 > month.days;
    case "nth of week":
      return rule.dayOfWeek === dayOfWeek && Math.ceil(day / 7) === rule.nth;
  }
}

function dayOfWeekOf(day: number, { firstDayOfWeek }: Month): number {
  return ((firstDayOfWeek - 1 + day - 1) % 7) + 1;
}

/** Never in another month: for the 1st on a Saturday it is the 3rd. Undefined where the month has no such day. */
function nearestWeekday(day: number, month: Month): number | undefined {
  if (day > month.days) return undefined;
  const dayOfWeek = dayOfWeekOf(day, month);
  if (dayOfWeek === SATURDAY) return day === 1 ? 3 : day - 1;
  if (dayOfWeek === SUNDAY) return day === month.days ? day - 2 : day + 1;
  return day;
}
