const RFC_3339 = /^(?<day>\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const FIRST_MS = Date.parse("0000-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** A date and time with its offset (RFC 3339) as epoch milliseconds; undefined when the text is none. */
export function parseDateTime(text: string): number | undefined {
  const day = RFC_3339.exec(text)?.groups?.["day"];
  if (day === undefined || !isInCalendar(day)) return undefined;
  return fourDigitYear(Date.parse(text.toUpperCase()));
}

/** `Date.parse` takes February 30 for March 2. */
function isInCalendar(day: string): boolean {
  const epochMs = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(epochMs) && new Date(epochMs).toISOString().startsWith(day);
}

/** Epoch seconds, which may have a fraction, as epoch milliseconds; undefined outside of the years 0 to 9999. */
export function parseEpochSeconds(seconds: number): number | undefined {
  return fourDigitYear(Math.round(seconds * 1_000));
}

/** An event's time is written with four digits for the year, so other years cannot be taken. */
function fourDigitYear(epochMs: number): number | undefined {
  return epochMs >= FIRST_MS && epochMs <= LAST_MS ? epochMs : undefined;
}
