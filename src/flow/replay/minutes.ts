import type { PlaceRun } from "./place-runs.ts";
import { PlaceRuns } from "./place-runs.ts";

/** Minutes that are kept in mind: the ones after them take another pass over the archive. They take some 20 MB. */
export const MINUTES_MAX = 50_000;

const MINUTE_MS = 60_000;

export function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS);
}

/** The archived events of one minute of their own time. */
export interface EventMinute {
  readonly minute: number;
  readonly count: number;
  /** Of their bodies. */
  readonly bytes: number;
  readonly runs: readonly PlaceRun[];
}

interface Counted {
  readonly minute: number;
  count: number;
  bytes: number;
  readonly places: PlaceRuns;
}

/**
 * Counts events by the minutes of their own time, and notes where they are. Of more minutes than `MINUTES_MAX` it keeps the
 * earliest, and only counts what is later.
 */
export class EventMinutes {
  readonly #minutes = new Map<number, Counted>();
  readonly #minutesMax: number;
  /** All events, those of later minutes included. */
  count = 0;
  /** The first minute that is only counted; Infinity when all are kept. */
  end = Infinity;

  constructor(minutesMax = MINUTES_MAX) {
    this.#minutesMax = minutesMax;
  }

  /** Events come in the order of their places. */
  add(timeMs: number, position: number, bytes: number): void {
    this.count += 1;
    const minute = minuteOf(timeMs);
    if (minute >= this.end) return;
    const counted = this.#minutes.get(minute) ?? this.#begin(minute);
    counted.count += 1;
    counted.bytes += bytes;
    counted.places.add(position);
    if (this.#minutes.size > 2 * this.#minutesMax) this.#dropLatest();
  }

  /** Those that are kept, in order. Nothing is added afterwards. */
  sorted(): readonly EventMinute[] {
    if (this.#minutes.size > this.#minutesMax) this.#dropLatest();
    const minutes = [...this.#minutes.values()].sort((a, b) => a.minute - b.minute);
    return minutes.map(({ minute, count, bytes, places }) => ({ minute, count, bytes, runs: places.runs }));
  }

  #begin(minute: number): Counted {
    const counted = { minute, count: 0, bytes: 0, places: new PlaceRuns() };
    this.#minutes.set(minute, counted);
    return counted;
  }

  /** Half of twice as many are dropped at once: each minute is sorted a bounded number of times. */
  #dropLatest(): void {
    const minutes = [...this.#minutes.keys()].sort((a, b) => a - b);
    this.end = minutes[this.#minutesMax] ?? this.end;
    for (const minute of minutes.slice(this.#minutesMax)) this.#minutes.delete(minute);
  }
}
