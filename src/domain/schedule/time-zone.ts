const ZONE_CHARACTERS_MAX = 50;

const DAY_MS = 86_400_000;

/** A time zone of the IANA database. */
export interface TimeZone {
  readonly name: string;
  /** The local time at an instant, written as if it were UTC. Both in epoch milliseconds. */
  localOf(epochMs: number): number;
}

export const UTC: TimeZone = { name: "UTC", localOf: (epochMs) => epochMs };

/** A formatter takes some 40 KB and a millisecond to make, and there are few zones: one for each. */
const ZONES = new Map<string, TimeZone>([[UTC.name, UTC]]);

/** The zone of an IANA name, in either case; undefined for a name that is none. */
export function timeZoneOf(name: string): TimeZone | undefined {
  const known = ZONES.get(name);
  if (known !== undefined) return known;
  // `Intl` takes offsets such as +01:00 too, which EventBridge Scheduler does not.
  if (name.length > ZONE_CHARACTERS_MAX || !/^[A-Za-z]/.test(name)) return undefined;
  try {
    const zone = makeZone(name);
    ZONES.set(name, zone);
    return zone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function makeZone(name: string): TimeZone {
  // Swedish writes a time as 2026-03-29 01:59:59, which needs no reading of its parts.
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: name,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return {
    name,
    localOf: (epochMs) =>
      Date.parse(`${format.format(epochMs).replace(" ", "T")}Z`) + (((epochMs % 1_000) + 1_000) % 1_000),
  };
}

/**
 * The instant of a local time: the first of the two where clocks go back, and undefined where they go forward over it.
 *
 * @param localMs a local time, written as if it were UTC.
 */
export function instantOf(zone: TimeZone, localMs: number): number | undefined {
  if (zone === UTC) return localMs;
  // The offsets a day before and after: between them there is at most one change.
  const offsets = [localMs - DAY_MS, localMs + DAY_MS].map((near) => zone.localOf(near) - near);
  const instants = offsets.map((offset) => localMs - offset).filter((instant) => zone.localOf(instant) === localMs);
  return instants.length === 0 ? undefined : Math.min(...instants);
}
