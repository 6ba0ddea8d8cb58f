const EXAMPLES_MAX = 5;

/** An event by its key and its place among the events of its key, counted from 0. */
export interface Place {
  readonly key: string;
  readonly number: number;
}

/** A call as the function saw it. Times are those of `performance.now`. */
export interface SeenCall {
  /** What it was called with, in this order. */
  readonly places: readonly Place[];
  readonly beganAtMs: number;
  /** Infinity while it goes on. */
  readonly endedAtMs: number;
  /** For how many of the places it succeeded, from the first on. */
  readonly succeeded: number;
}

export interface CallOrder {
  readonly wrong: number;
  /** The first few of what is wrong. */
  readonly examples: readonly string[];
  /** Events that were called for once more after they had succeeded. */
  readonly repeats: number;
  /** Calls of a key that ran beside another one of it, as a fault allows. */
  readonly overlaps: number;
}

/** What is known of a key so far. */
interface KeyPage {
  /** When each event was first done that is not below the floor. */
  readonly doneAtMs: Map<number, number>;
  /** All before it were done when the last call of the key began. */
  floor: number;
  /** The one that was called for last. */
  last: number;
  /** The call of the key that ends last of all so far. */
  running: SeenCall | undefined;
}

/**
 * Judges calls, given in the order in which they began, and the times of faults:
 *
 * - An event is called for once all events of its key before it are done, or stand before it in the same call.
 * - The next call of its key goes on with the next event, or with it or one before it, as repetitions do.
 * - Two calls of a key run side by side only where a fault lies between their beginnings.
 */
export function judgeOrder(calls: readonly SeenCall[], faultsAtMs: readonly number[]): CallOrder {
  const pages = new Map<string, KeyPage>();
  const examples: string[] = [];
  let wrong = 0;
  let repeats = 0;
  let overlaps = 0;
  const blame = (what: string): void => {
    wrong += 1;
    if (examples.length < EXAMPLES_MAX) examples.push(what);
  };
  for (const call of calls) {
    for (const [index, { key, number }] of call.places.entries()) {
      const page = pages.get(key) ?? { doneAtMs: new Map<number, number>(), floor: 0, last: -1, running: undefined };
      pages.set(key, page);
      const isBefore = (other: number): boolean => (page.doneAtMs.get(other) ?? Infinity) <= call.beganAtMs;
      while (isBefore(page.floor)) page.doneAtMs.delete(page.floor++);
      const missing = firstMissing(call, index, page, isBefore);
      if (missing !== undefined) blame(`key ${key}: ${number} was called for before ${missing} was done`);
      if (number > page.last + 1) blame(`key ${key}: ${number} was called for after ${page.last}`);
      if (number < page.floor || isBefore(number)) repeats += 1;
      if (page.running !== undefined && page.running !== call && page.running.endedAtMs > call.beganAtMs) {
        const since = page.running.beganAtMs;
        if (faultsAtMs.some((atMs) => atMs >= since && atMs <= call.beganAtMs)) overlaps += 1;
        else blame(`key ${key}: ${number} was called for beside another one of its key`);
      }
      page.last = number;
      if (page.running === undefined || page.running.endedAtMs <= call.endedAtMs) page.running = call;
      if (index < call.succeeded && number >= page.floor)
        page.doneAtMs.set(number, Math.min(page.doneAtMs.get(number) ?? Infinity, call.endedAtMs));
    }
  }
  return { wrong, examples, repeats, overlaps };
}

/** The first event before a place of a call that was not done, and does not stand before it in the call. */
function firstMissing(
  { places }: SeenCall,
  index: number,
  { floor }: KeyPage,
  isDone: (number: number) => boolean,
): number | undefined {
  const { key, number } = places[index] ?? { key: "", number: 0 };
  const inCall = new Set(
    places
      .slice(0, index)
      .filter((place) => place.key === key)
      .map((place) => place.number),
  );
  for (let other = floor; other < number; other++) if (!isDone(other) && !inCall.has(other)) return other;
  return undefined;
}
