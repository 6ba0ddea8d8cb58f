/**
 * The plain matcher: every field of a pattern is looked up in the event by walking it, as event-ruler's rules say.
 *
 * - A path names *values*: strings, numbers, booleans and null. Objects and empty arrays are no values, so that they
 *   count as absent.
 * - Arrays are no steps of a path. All values in them are found.
 * - Fields below the same array must hold in the same element of it. So a field is looked up under a *choice*: the
 *   elements that the fields before it were found in. One choice may lead to several, one for each element in which
 *   the field holds; the alternative matches when a choice is left after the last field.
 * - A dot is as good as a level: `a.b` is found under the key `a.b` as well as under `b` in `a`.
 * - `exists: false` holds when the event has no value there that the choice allows.
 *
 * Fields are sorted by name, which decides what has been chosen when an absent field is looked up. A choice forgets an
 * array as soon as no later field can lie below it, so that arrays beside each other do not multiply.
 */
import type { Json, JsonObject } from "../core/json.ts";
import { EVENT_LEVELS_MAX } from "../core/json-depth.ts";
import { isJsonObject, isRawNumber } from "../core/json.ts";
import { readNumeral } from "../core/numeral.ts";
import { matchesValue } from "./matches-value.ts";
import type { Field, Pattern, Scalar } from "./pattern.ts";

/**
 * More choices than this for one field are not followed. There is at most one for each element in the event, except
 * where the same path leads through several arrays, some of them under dotted keys: an event made to multiply them.
 */
const CHOICES_MAX = 250_000;

/** The innermost array of which an element was chosen, and what was chosen outside it. */
interface Choice {
  readonly array: readonly Json[];
  readonly index: number;
  /** How many steps of the path lead to the array. */
  readonly steps: number;
  readonly outer: Choice | undefined;
}

/** One field being looked up. */
interface Lookup {
  readonly field: Field;
  /** The choices under which the field holds; most rules are ruled out by a field that holds under none. */
  found: Set<Choice | undefined> | undefined;
  /** How many values have been met so far. */
  values: number;
}

/** Where no array was entered, as with most fields: shared by all of them, and never added to. */
const NOTHING_CHOSEN: Set<Choice | undefined> = new Set([undefined]);

/**
 * Whether an event fits a pattern.
 * @param event as `JSON.parse` made it, or `parseExactly` where it may hold numbers too long for a double; of any depth
 */
export function matches(pattern: Pattern, event: JsonObject): boolean {
  for (const { fields } of pattern.alternatives) if (holdsTogether(fields, event)) return true;
  return false;
}

function holdsTogether(fields: readonly Field[], event: JsonObject): boolean {
  let choices: Iterable<Choice | undefined> = NOTHING_CHOSEN;
  for (const field of fields) {
    const lookup = startLookup(field);
    for (const choice of choices) {
      const valuesBefore = lookup.values;
      lookUp(lookup, event, 0, choice, 0);
      if (field.mayBeAbsent && lookup.values === valuesBefore) add(lookup, forget(choice, field));
    }
    if (lookup.found === undefined) return false;
    choices = lookup.found;
  }
  return true;
}

function startLookup(field: Field): Lookup {
  return { field, found: undefined, values: 0 };
}

function add(lookup: Lookup, choice: Choice | undefined): void {
  if (lookup.found === undefined && choice === undefined) {
    lookup.found = NOTHING_CHOSEN;
    return;
  }
  if (lookup.found === undefined || lookup.found === NOTHING_CHOSEN) lookup.found = new Set(lookup.found);
  if (lookup.found.size < CHOICES_MAX) lookup.found.add(choice);
}

/** Follows the rest of the field's path, from the given step on, into a value of the event. */
function lookUp(lookup: Lookup, value: Json, step: number, choice: Choice | undefined, level: number): void {
  if (level > EVENT_LEVELS_MAX) return;
  const { steps, keys } = lookup.field;
  if (Array.isArray(value)) {
    lookUpElements(lookup, value as readonly Json[], step, choice, level);
  } else if (typeof value !== "object" || value === null) {
    if (step === steps.length) check(lookup, value, choice);
  } else if (isRawNumber(value)) {
    if (step === steps.length) check(lookup, readNumeral(value.rawJSON), choice);
  } else {
    for (let next = step; next < steps.length; next++) {
      const key = keys[step]?.[next - step] ?? steps.slice(step, next + 1).join(".");
      if (!Object.hasOwn(value, key)) continue;
      lookUp(lookup, (value as JsonObject)[key] ?? null, next + 1, choice, level + 1);
    }
  }
}

function lookUpElements(
  lookup: Lookup,
  array: readonly Json[],
  step: number,
  choice: Choice | undefined,
  level: number,
): void {
  const chosen = chosenIndex(choice, array);
  if (chosen !== undefined) return lookUp(lookup, array[chosen] ?? null, step, choice, level + 1);
  const matters = step <= lookup.field.stepsSharedLater;
  for (const [index, element] of array.entries()) {
    // A plain value is an element of its own account: it binds no other field to its place.
    const binds = matters && (Array.isArray(element) || isJsonObject(element));
    const next = binds ? { array, index, steps: step, outer: choice } : choice;
    lookUp(lookup, element, step, next, level + 1);
  }
}

function chosenIndex(choice: Choice | undefined, array: readonly Json[]): number | undefined {
  for (let each = choice; each; each = each.outer) if (each.array === array) return each.index;
  return undefined;
}

function check(lookup: Lookup, value: Scalar, choice: Choice | undefined): void {
  lookup.values++;
  const kept = forget(choice, lookup.field);
  if (lookup.found?.has(kept)) return;
  for (const match of lookup.field.matches) if (matchesValue(match, value)) return add(lookup, kept);
}

/** Leaves out the arrays which no later field lies below. */
function forget(choice: Choice | undefined, field: Field): Choice | undefined {
  let kept = choice;
  while (kept && kept.steps > field.stepsSharedLater) kept = kept.outer;
  return kept;
}
