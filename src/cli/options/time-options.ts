import { InvalidArgumentError } from "commander";
import { parseDateTime } from "../../text/date-time.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads an option such as `90s` or `7d`, for commander; milliseconds. */
export function ageOption(value: string): number {
  const ageMs = parseAge(value);
  if (ageMs !== undefined) return ageMs;
  throw new InvalidArgumentError("It must be a number of seconds, minutes, hours or days: 90s, 15m, 12h, 7d.");
}

/** Reads a time (ISO 8601), or how long ago it was, for commander; ISO 8601. */
export function timeOption(value: string): string {
  const ageMs = parseAge(value);
  const timeMs = ageMs === undefined ? parseDateTime(value) : Date.now() - ageMs;
  if (timeMs !== undefined) return new Date(timeMs).toISOString();
  throw new InvalidArgumentError("It must be a time such as 2026-01-31T12:00:00Z, or an age: 90s, 15m, 12h, 7d.");
}

function parseAge(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}
