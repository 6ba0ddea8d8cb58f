import type { JsonObject } from "../core/json.ts";
import { describeMatch } from "./describe-match.ts";
import { hintsFor } from "./hints.ts";
import { matches } from "./matches.ts";
import type { Alternative, Field, Pattern, Scalar } from "./pattern.ts";
import { pathTree, valuesAt } from "./values-at.ts";

/** How many of a pattern's entries, and of an event's values, are told for one field. */
const TOLD_MAX = 10;
/** How much of a text is told. */
const CHARACTERS_MAX = 200;

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
export function nearestAlternative(pattern: Pattern, event: JsonObject): Nearest {
  const [first, ...others] = pattern.alternatives.map((alternative) => {
    const missed = alternative.fields.filter((field) => !holdsAlone(field, event));
    return { alternative, missed, heldCount: alternative.fields.length - missed.length };
  });
  if (first === undefined) throw new Error("a pattern has at least one alternative");
  return others.reduce((best, each) => (isNearer(each, best) ? each : best), first);
}

/** What keeps an event from fitting; nothing when it fits. */
export function missesOf(pattern: Pattern, event: JsonObject): readonly Miss[] {
  if (matches(pattern, event)) return [];
  const { alternative, missed } = nearestAlternative(pattern, event);
  return missed.length > 0 ? missed.slice(0, TOLD_MAX).map((field) => miss(field, event)) : apart(alternative, event);
}

export function isNearer(one: Omit<Nearest, "alternative">, other: Omit<Nearest, "alternative">): boolean {
  if (one.missed.length !== other.missed.length) return one.missed.length < other.missed.length;
  return one.heldCount > other.heldCount;
}

function holdsAlone(field: Field, event: JsonObject): boolean {
  return matches({ alternatives: [{ fields: [{ ...field, stepsSharedLater: 0 }] }] }, event);
}

function miss(field: Field, event: JsonObject): Miss {
  const found = valuesOf(field, event);
  return {
    field: field.name,
    expected: field.matches.slice(0, TOLD_MAX).map(describeMatch),
    found: found.slice(0, TOLD_MAX).map(cut),
    hints: hintsFor(field, found, event),
  };
}

function valuesOf({ name }: Field, event: JsonObject): readonly Scalar[] {
  return [...(valuesAt(pathTree([name]), event).get(name) ?? [])];
}

/** Each field holds by itself, so what keeps some apart is a list: fields below it must hold in one of its elements. */
function apart({ fields }: Alternative, event: JsonObject): readonly Miss[] {
  const inConflict = fields.filter((field) => fields.some((other) => other !== field && !holdTogether(field, other)));
  // Three fields may be apart of which any two are not.
  const told = (inConflict.length > 0 ? inConflict : fields).slice(0, TOLD_MAX);
  const names = told.map(({ name }) => name).join(", ");
  const hint = `${names}: each of them holds, but not in the same element of a list.`;
  return told.map((field) => ({ ...miss(field, event), hints: [hint] }));

  function holdTogether(one: Field, other: Field): boolean {
    const pair = fields.filter((field) => field === one || field === other);
    return matches({ alternatives: [{ fields: pair }] }, event);
  }
}

function cut(value: Scalar): Scalar {
  return typeof value === "string" && value.length > CHARACTERS_MAX ? `${value.slice(0, CHARACTERS_MAX)}…` : value;
}
