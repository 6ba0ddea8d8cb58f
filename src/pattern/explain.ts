import type { JsonObject } from "../core/json.ts";
import { describeMatch } from "./describe-match.ts";
import { hintsFor } from "./hints.ts";
import { matches } from "./matches.ts";
import type { Alternative, Field, Pattern, Scalar } from "./pattern.ts";
import { pathTree, valuesAt } from "./values-at.ts";

/** How many of a pattern's entries, and of an event's values, are told for one field. */
const TOLD_MAX = 10;

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
  return missed.length > 0 ? missed.map((field) => miss(field, event)) : apart(alternative, event);
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
    found: found.slice(0, TOLD_MAX),
    hints: hintsFor(field, found, event),
  };
}

function valuesOf({ name }: Field, event: JsonObject): readonly Scalar[] {
  return [...(valuesAt(pathTree([name]), event).get(name) ?? [])];
}

/** Each field holds by itself, so what keeps them apart is a list: fields below it must hold in one of its elements. */
function apart({ fields }: Alternative, event: JsonObject): readonly Miss[] {
  const below = fields.filter(({ name, steps }) => steps.length > 1 && !isLastOfItsKind(name, fields));
  const names = below.map(({ name }) => name).join(", ");
  const hint = `${names}: each of them holds, but not in the same element of a list.`;
  return below.map((field) => ({ ...miss(field, event), hints: [hint] }));
}

/** Whether no other field begins with the same step. */
function isLastOfItsKind(name: string, fields: readonly Field[]): boolean {
  const first = name.split(".")[0];
  return fields.filter(({ steps }) => steps[0] === first).length === 1;
}
