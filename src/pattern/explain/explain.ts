import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { describeMatch } from "./describe-match.ts";
import { hintsFor } from "./hints.ts";
import { leavesOf } from "./leaves.ts";
import { matches } from "../matches.ts";
import type { Alternative, Field, Pattern, Scalar } from "../pattern.ts";
import { Steps } from "../steps.ts";
import type { ValuesByPath } from "./values-at.ts";
import { pathTree, valuesAt } from "./values-at.ts";

/** How many of a pattern's entries, and of an event's values, are shown for one field. */
const SHOWN_MAX = 10;
/** How much of a text is shown. */
const CHARACTERS_MAX = 200;

/** How many steps finding the fields that keep each other from holding may take. */
const PAIR_STEPS_MAX = 500_000;

/** A field of a pattern that an event does not have as it is asked for. */
export interface Miss {
  readonly field: string;
  /** What would fit, as it stands in the pattern: JSON texts. */
  readonly expected: readonly string[];
  /** What the event has there; nothing where it has no value. */
  readonly found: readonly Scalar[];
  /** What a person may have overlooked, in sentences. */
  readonly hints: readonly string[];
}

/** Of a pattern with `$or`, how many fields of the branch that comes nearest hold, and which do not. */
export interface Nearest {
  readonly alternative: Alternative;
  readonly missed: readonly Field[];
  readonly heldCount: number;
}

/** The alternative of a pattern that an event comes nearest to: by what it misses, then by what it holds. */
export function nearestAlternative(pattern: Pattern, event: JsonObject, steps: Steps): Nearest {
  const [first, ...others] = pattern.alternatives.map((alternative) => {
    const missed = alternative.fields.filter((field) => !hold([{ ...field, stepsSharedLater: 0 }], event, steps));
    return { alternative, missed, heldCount: alternative.fields.length - missed.length };
  });
  if (first === undefined) throw new Error("a pattern has at least one alternative");
  return others.reduce((best, each) => (isNearer(each, best) ? each : best), first);
}

/**
 * What keeps an event from fitting; nothing when it fits. It counts for nothing where the steps are spent.
 */
export function missesOf(pattern: Pattern, event: JsonObject, steps: Steps): readonly Miss[] {
  if (matches(pattern, event, steps) !== false) return [];
  const { alternative, missed } = nearestAlternative(pattern, event, steps);
  if (steps.areSpent) return [];
  if (missed.length === 0) return apart(alternative, event, steps);
  const leaves = leavesOf(event);
  const shown = missed.slice(0, SHOWN_MAX);
  const values = valuesOf(shown, event);
  return shown.map((field) => {
    const found = [...(values.get(field.name) ?? [])];
    return { ...shownMiss(field, found), hints: hintsFor(field, { found, leaves, event, steps }) };
  });
}

export function isNearer(one: Omit<Nearest, "alternative">, other: Omit<Nearest, "alternative">): boolean {
  if (one.missed.length !== other.missed.length) return one.missed.length < other.missed.length;
  return one.heldCount > other.heldCount;
}

/** Whether fields hold together; false too where the steps are spent. */
function hold(fields: readonly Field[], event: JsonObject, steps: Steps): boolean {
  return !steps.areSpent && matches({ alternatives: [{ fields }] }, event, steps) === true;
}

function shownMiss(field: Field, found: readonly Scalar[]): Omit<Miss, "hints"> {
  return {
    field: field.name,
    expected: field.matches.slice(0, SHOWN_MAX).map(describeMatch),
    found: found.slice(0, SHOWN_MAX).map(cut),
  };
}

function valuesOf(fields: readonly Field[], event: JsonObject): ValuesByPath {
  return valuesAt(pathTree(fields.map(({ name }) => name)), event);
}

/** Each field holds by itself, so what keeps some apart is a list: fields below it must hold in one of its elements. */
function apart({ fields }: Alternative, event: JsonObject, steps: Steps): readonly Miss[] {
  const pairSteps = new Steps(Math.min(PAIR_STEPS_MAX, steps.left));
  const before = pairSteps.left;
  const inConflict = fieldsInConflict(fields, event, pairSteps);
  steps.left -= before - Math.max(0, pairSteps.left);
  // Three fields may be apart of which any two are not, and a large event has too much to look for pairs.
  const shown = (inConflict.size > 0 ? fields.filter((field) => inConflict.has(field)) : fields).slice(0, SHOWN_MAX);
  const names = shown.map(({ name }) => name).join(", ");
  const hint = `${names}: each of them holds, but not in the same element of a list.`;
  const values = valuesOf(shown, event);
  return shown.map((field) => ({ ...shownMiss(field, [...(values.get(field.name) ?? [])]), hints: [hint] }));
}

/** Fields of which some two do not hold together, as far as the steps go. */
function fieldsInConflict(fields: readonly Field[], event: JsonObject, steps: Steps): ReadonlySet<Field> {
  const inConflict = new Set<Field>();
  for (const [index, field] of fields.entries()) {
    if (inConflict.size >= SHOWN_MAX) break;
    for (const later of fields.slice(index + 1)) {
      const holds = holdAsPair(field, later, event, steps);
      if (steps.areSpent) return inConflict;
      if (!holds) inConflict.add(field).add(later);
    }
  }
  return inConflict;
}

/** Whether two fields, each of which holds by itself, hold together. Most pairs share no list. */
function holdAsPair(first: Field, second: Field, event: JsonObject, steps: Steps): boolean {
  steps.left--;
  const differAt = first.steps.findIndex((step, index) => step !== second.steps[index]);
  const shared = differAt === -1 ? first.steps.length : differAt;
  return (
    !mayLieInList(event, first.steps.slice(0, shared)) ||
    hold(
      [
        { ...first, stepsSharedLater: shared },
        { ...second, stepsSharedLater: 0 },
      ],
      event,
      steps,
    )
  );
}

/** Whether there may be a list at a path or above it; a name with a dot may lead there too. */
function mayLieInList(event: JsonObject, steps: readonly string[]): boolean {
  let value: Json = event;
  for (const step of steps) {
    if (!isJsonObject(value) || !Object.hasOwn(value, step)) return true;
    value = value[step] ?? null;
  }
  return Array.isArray(value);
}

function cut(value: Scalar): Scalar {
  return typeof value === "string" && value.length > CHARACTERS_MAX ? `${value.slice(0, CHARACTERS_MAX)}…` : value;
}
