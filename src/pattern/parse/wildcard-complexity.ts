import { Steps } from "../steps.ts";

/**
 * The bound on wildcards: "Rule is too complex - try using fewer wildcard characters or fewer repeating character
 * sequences after a wildcard character".
 *
 * event-ruler measures a list of wildcards by the number of places in them that one input can be at simultaneously, at
 * its worst: `*:*:` has read "::" after either star and at either colon. EventBridge keeps its own limit to itself;
 * ten is what its documentation's example of a refused pattern, `*:*:*:*:*:event-bus/*`, comes to.
 */
const PLACES_MAX = 10;

/** Measuring takes time too; a list with more distinct sets of places than this is as good as too complex. */
const SETS_MAX = 2_000;

const STAR = "*";

/**
 * Whether the wildcards in one field's list are too many or too alike.
 * @param wildcards the literals of each, as `parseWildcard` returns them
 * @param bounds how many places are too many, and how many sets of places may be measured, in this list and others
 */
export function isTooComplex(
  wildcards: readonly (readonly string[])[],
  { placesMax = PLACES_MAX, steps = new Steps(SETS_MAX) } = {},
): boolean {
  const places = wildcards.flatMap(chain);
  const pending = [places.flatMap((place, index) => (place.isFirst ? [index] : []))];
  const seen = new Set<string>();
  for (let active = pending.pop(); active !== undefined; active = pending.pop()) {
    if (countPlaces(places, active) >= placesMax) return true;
    for (const input of inputs(places, active)) {
      const next = step(places, active, input);
      const key = next.join();
      if (next.length === 0 || seen.has(key)) continue;
      if (seen.size >= SETS_MAX || --steps.left < 0) return true;
      seen.add(key);
      pending.push(next);
    }
  }
  return false;
}

/** A place is "this letter has just been read"; at a star, "something has been read which the star takes". */
interface ChainPlace {
  readonly letter: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The places of one wildcard, in their order, with the quotes of its JSON string: AWS counts the opening one. */
function chain(literals: readonly string[]): ChainPlace[] {
  const letters = ['"', ...literals.flatMap((literal, index) => [...(index === 0 ? [] : [STAR]), ...quoted(literal)])];
  return [...letters, '"'].map((letter, index) => ({
    letter,
    isFirst: index === 0,
    isLast: index === letters.length,
  }));
}

/** A literal star must not be taken for a wildcard. */
function quoted(literal: string): string[] {
  return Array.from(literal, (letter) => (letter === STAR ? "\\*" : letter));
}

/** The letters that lead on from here. All others are alike: the empty string is none of them. */
function inputs(places: readonly ChainPlace[], active: readonly number[]): Set<string> {
  const letters = active.flatMap((index) => [places[index + 1]?.letter ?? "", places[index + 2]?.letter ?? ""]);
  return new Set([...letters.filter((letter) => letter !== STAR), ""]);
}

/** The places after one more letter. A star keeps its place whatever comes, and may also take nothing at all. */
function step(places: readonly ChainPlace[], active: readonly number[], input: string): number[] {
  const next = new Set<number>();
  for (const index of active) {
    if (places[index]?.letter === STAR) next.add(index);
    if (places[index]?.isLast) continue;
    if (places[index + 1]?.letter === STAR) {
      next.add(index + 1);
      if (places[index + 2]?.letter === input) next.add(index + 2);
    } else if (places[index + 1]?.letter === input) next.add(index + 1);
  }
  return [...next].sort((a, b) => a - b);
}

/** A star that comes next counts already, since taking nothing it is reached as soon as the place before it. */
function countPlaces(places: readonly ChainPlace[], active: readonly number[]): number {
  const reached = new Set(active);
  for (const index of active) if (places[index + 1]?.letter === STAR) reached.add(index + 1);
  return reached.size;
}
