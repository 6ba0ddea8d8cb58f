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
import type { Json, JsonObject } from "../json/json.ts";
import { EVENT_LEVELS_MAX } from "../json/depth.ts";
import { isJsonObject, isRawNumber } from "../json/json.ts";
import { readNumeral } from "../json/numeral.ts";
import { matchesValue } from "./matches-value.ts";
import type { Field, Pattern, Scalar } from "./pattern.ts";
import { Steps } from "./steps.ts";

/**
 * How many steps an event may take. There is at most one choice for each element in the event, except where the same
 * path leads through several arrays, some of them under dotted keys: an event made to multiply them.
 */
const STEPS_MAX = 4_000_000;

/** Making a choice, or keeping one, and entering an array, in steps. */
const CHOICE_STEPS = 6;
const ARRAY_STEPS = 16;

/** More choices for one field than a large event has elements are out of the processor's reach: each takes longer. */
const CHOICES_USUAL_MAX = 50_000;
const UNUSUAL_CHOICE_STEPS = 200;

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
  readonly steps: Steps;
  /** What the fields before it were found in, the innermost first; an array that this lookup enters comes only once. */
  readonly chosen: Choice[];
  /** Which of them a walk should meet next. */
  next: number;
}

/** Where no array was entered, as with most fields: shared by all of them, and never added to. */
const NOTHING_CHOSEN: Set<Choice | undefined> = new Set([undefined]);

/**
 * Whether an event fits a pattern; `too costly` where the steps are spent before it is known.
 * @param event as `JSON.parse` made it, or `parseExactly` where it may hold numbers too long for a double; of any depth
 */
export function matches(pattern: Pattern, event: JsonObject, steps = new Steps(STEPS_MAX)): boolean | "too costly" {
  for (const { fields } of pattern.alternatives) {
    const holds = holdsTogether(fields, event, steps);
    if (steps.areSpent) return "too costly";
    if (holds) return true;
  }
  return false;
}

function holdsTogether(fields: readonly Field[], event: JsonObject, steps: Steps): boolean {
  let choices: Iterable<Choice | undefined> = NOTHING_CHOSEN;
  for (const field of fields) {
    const lookup: Lookup = { field, found: undefined, values: 0, steps, chosen: [], next: -1 };
    for (const choice of choices) {
      if (steps.areSpent) return false;
      const valuesBefore = lookup.values;
      choose(lookup, choice);
      lookUp(lookup, event, 0, choice, 0);
      if (field.mayBeAbsent && lookup.values === valuesBefore) add(lookup, forget(choice, lookup));
    }
    if (lookup.found === undefined) return false;
    choices = lookup.found;
  }
  return true;
}

function add(lookup: Lookup, choice: Choice | undefined): void {
  if (lookup.found === undefined && choice === undefined) {
    lookup.found = NOTHING_CHOSEN;
    return;
  }
  if (lookup.found === undefined || lookup.found === NOTHING_CHOSEN) lookup.found = new Set(lookup.found);
  lookup.steps.left -= lookup.found.size < CHOICES_USUAL_MAX ? CHOICE_STEPS : UNUSUAL_CHOICE_STEPS;
  lookup.found.add(choice);
}

/** Where no later field shares a step, one value that fits is as good as many. */
function isSettled({ field, found }: Lookup): boolean {
  return found !== undefined && field.stepsSharedLater === 0;
}

/** Follows the rest of the field's path, from the given step on, into a value of the event. */
function lookUp(lookup: Lookup, value: Json, step: number, choice: Choice | undefined, level: number): void {
  if (level > EVENT_LEVELS_MAX || --lookup.steps.left < 0 || isSettled(lookup)) return;
  const { steps, keys } = lookup.field;
  if (Array.isArray(value)) {
    lookUpElements(lookup, value as readonly Json[], step, choice, level);
  } else if (typeof value !== "object" || value === null) {
    if (step === steps.length) check(lookup, value, choice);
  } else if (isRawNumber(value)) {
    if (step === steps.length) check(lookup, readNumeral(value.rawJSON), choice);
  } else {
    for (let next = step; next < steps.length; next++) {
      // Keys that are joined anew cost by their length.
      lookup.steps.left -= keys.length > 0 ? 1 : next - step + 1;
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
  const chosen = chosenIndex(lookup, array);
  if (chosen !== undefined) return lookUp(lookup, array[chosen] ?? null, step, choice, level + 1);
  const matters = step <= lookup.field.stepsSharedLater;
  for (const [index, element] of array.entries()) {
    if (lookup.steps.areSpent || isSettled(lookup)) return;
    // A plain value is an element of its own account: it binds no other field to its place.
    const binds = matters && (Array.isArray(element) || isJsonObject(element));
    if (binds) lookup.steps.left -= CHOICE_STEPS;
    const next = binds ? { array, index, steps: step, outer: choice } : choice;
    lookUp(lookup, element, step, next, level + 1);
  }
}

/** Begins with another choice of the fields before. */
function choose(lookup: Lookup, choice: Choice | undefined): void {
  lookup.chosen.length = 0;
  for (let each = choice; each; each = each.outer) lookup.chosen.push(each);
  lookup.steps.left -= CHOICE_STEPS * lookup.chosen.length;
  lookup.next = lookup.chosen.length - 1;
}

/** The element of an array that was chosen. A walk meets the arrays of a choice from the outermost on, as a rule. */
function chosenIndex(lookup: Lookup, array: readonly Json[]): number | undefined {
  const { chosen } = lookup;
  lookup.steps.left -= ARRAY_STEPS;
  const expected = chosen[lookup.next];
  if (expected?.array === array) {
    lookup.next--;
    return expected.index;
  }
  lookup.steps.left -= chosen.length;
  return chosen.find((each) => each.array === array)?.index;
}

function check(lookup: Lookup, value: Scalar, choice: Choice | undefined): void {
  lookup.values++;
  const kept = forget(choice, lookup);
  if (lookup.found?.has(kept)) return;
  for (const match of lookup.field.matches) if (matchesValue(match, value)) return add(lookup, kept);
}

/** Leaves out the arrays which no later field lies below. */
function forget(choice: Choice | undefined, { field, steps }: Lookup): Choice | undefined {
  let kept = choice;
  while (kept && kept.steps > field.stepsSharedLater) {
    kept = kept.outer;
    steps.left--;
  }
  return kept;
}
