/** A target may ask for a wait of a day at most. */
const WAIT_MS_MAX = 86_400_000;
/** Longer than any date. */
const LENGTH_MAX = 64;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** The three forms of a date in HTTP (RFC 9110, 5.6.7): the one to send, that of RFC 850, and that of C's asctime. */
const DATE_FORMS = [
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<year>\d{4})$/,
];

/**
 * How long a `Retry-After` header asks to wait, in milliseconds and at most a day: seconds or a date (RFC 9110, 10.2.3).
 * Undefined when it is anything else. `Date.parse` would read a year out of nearly every text.
 */
export function parseRetryAfter(header: string, nowMs: number): number | undefined {
  const value = header.trim();
  if (value.length > LENGTH_MAX) return undefined;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1_000 : parseHttpDate(value, nowMs) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), WAIT_MS_MAX);
}

/** Epoch milliseconds; NaN for what is no date. */
function parseHttpDate(text: string, nowMs: number): number {
  const parts = DATE_FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return NaN;
  const [day = 0, hour = 0, minute = 0, second = 0] = ["day", "hour", "minute", "second"].map((name) =>
    Number(parts[name]),
  );
  const month = MONTHS.indexOf(parts["month"] ?? "");
  const year = fullYear(parts["year"] ?? "", nowMs);
  const midnightMs = Date.UTC(year, month, day);
  const isInCalendar = new Date(midnightMs).getUTCMonth() === month && day !== 0;
  const isOnClock = hour < 24 && minute < 60 && second <= 60;
  return isInCalendar && isOnClock ? midnightMs + ((hour * 60 + minute) * 60 + second) * 1_000 : NaN;
}

/** A year of two digits is the last such year that is no more than 50 years ahead. */
function fullYear(digits: string, nowMs: number): number {
  if (digits.length > 2) return Number(digits);
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
