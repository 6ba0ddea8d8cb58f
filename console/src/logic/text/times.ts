const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time with at most two units: `12 ms`, `1.5 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 1) return ms <= 0 ? "0 ms" : "< 1 ms";
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${Math.round(ms / 100) / 10} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return twoUnits(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY) return twoUnits(ms, HOUR, "h", MINUTE, "min");
  return twoUnits(ms, DAY, "d", HOUR, "h");
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round((ms % large) / small);
  if (smalls * small === large) return `${Math.floor(ms / large) + 1} ${largeName}`;
  return `${Math.floor(ms / large)} ${largeName}${smalls === 0 ? "" : ` ${smalls} ${smallName}`}`;
}

/** How long ago something was, or how soon it will be: `4 min ago`, `in 20 s`, `now`. */
export function agoText(atMs: number, nowMs: number): string {
  const ms = nowMs - atMs;
  if (Math.abs(ms) < SECOND) return "now";
  const text = coarse(Math.abs(ms));
  return ms > 0 ? `${text} ago` : `in ${text}`;
}

function coarse(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** The time of day in the reader's own zone, to the millisecond where it is asked for. */
export function clockText(atMs: number, withMs = false): string {
  const time = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return withMs ? `${clock}.${String(time.getMilliseconds()).padStart(3, "0")}` : clock;
}

/** The date in the reader's own zone: `2026-01-31`. */
export function dateText(atMs: number): string {
  const time = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** The time of day; with its date where that is not today's. */
export function momentText(atMs: number, nowMs: number): string {
  const clock = clockText(atMs);
  return dateText(atMs) === dateText(nowMs) ? clock : `${dateText(atMs)} ${clock}`;
}
