import type { Numeral } from "../json/numeral.ts";
import type { CidrBlock } from "./cidr.ts";
import type { IgnoreCaseText } from "./ignore-case.ts";

/** A value that a field of an event can end in: what every match tests. */
export type Scalar = string | Numeral | boolean | null;

/** One end of a numeric range. */
export interface Bound {
  readonly value: Numeral;
  readonly inclusive: boolean;
}

/**
 * One entry of a field's list: what one value has to be. A closed set. What each means stands in two places, which must
 * agree: `matches-value.ts` decides it for one value, and `engine/field-values.ts` files it so that values lead to it.
 */
export type Match =
  | { readonly kind: "equals"; readonly value: Scalar }
  | { readonly kind: "prefix"; readonly text: string }
  | { readonly kind: "suffix"; readonly text: string }
  | { readonly kind: "equalsIgnoreCase"; readonly text: IgnoreCaseText }
  | { readonly kind: "prefixIgnoreCase"; readonly text: IgnoreCaseText }
  | { readonly kind: "suffixIgnoreCase"; readonly text: IgnoreCaseText }
  /** The literal texts between the wildcards, unescaped: `a*b` is `["a", "b"]`, a text without wildcards has one. */
  | { readonly kind: "wildcard"; readonly literals: readonly string[] }
  /** `=` has the same inclusive bound at both ends. */
  | { readonly kind: "numeric"; readonly lower?: Bound; readonly upper?: Bound }
  | { readonly kind: "cidr"; readonly block: CidrBlock }
  | { readonly kind: "exists"; readonly exists: boolean }
  /** Any value that none of these match. */
  | { readonly kind: "anythingBut"; readonly excluded: readonly Match[] };

/** One field of a pattern. It holds when one value found in the event under its path fits one of its matches. */
export interface Field {
  /** The path, dots and nesting written alike: `detail.state`. */
  readonly name: string;
  /** The same, split at every dot. */
  readonly steps: readonly string[];
  /**
   * The keys that an event may have from each step on: for `a.b.c` they are `a`, `a.b`, `a.b.c`; `b`, `b.c`; `c`.
   * Joined once, since joining them for each event took half of the time to match it. Empty for unusually long paths.
   */
  readonly keys: readonly (readonly string[])[];
  readonly matches: readonly Match[];
  /** One of the matches is `exists: false`, so that finding nothing is enough. */
  readonly mayBeAbsent: boolean;
  /**
   * The most leading steps that this field, or one before it, has in common with one after it: fields below the same
   * array of an event have to hold in the same element.
   */
  readonly stepsSharedLater: number;
}

/** Fields that must all hold, sorted by name. */
export interface Alternative {
  readonly fields: readonly Field[];
}

/**
 * An event pattern, read and checked. An event matches when it fits one of the alternatives: without `$or` there is
 * one, and every `$or` multiplies them by its branches.
 */
export interface Pattern {
  readonly alternatives: readonly Alternative[];
}
