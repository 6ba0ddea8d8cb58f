import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject, shownJson } from "../../json/json.ts";
import { LongNumber } from "../../json/numeral.ts";
import { nearest } from "../../text/nearest.ts";
import type { Leaf } from "./leaves.ts";
import type { Field, Match, Scalar } from "../pattern.ts";
import type { Steps } from "../steps.ts";
import { matchesWildcard } from "../wildcard.ts";

/** How many of a field's values, and of a pattern's entries for it, are compared, and of how many characters at most. */
const COMPARED_MAX = 100;
const COMPARED_CHARACTERS_MAX = 1_000;
/** Comparing two names letter by letter, in steps. */
const STEPS_PER_NAME = 100;
const HINTS_MAX = 3;
const SHOWN_CHARACTERS_MAX = 100;
const TELLING_NUMBER_MIN = 100;

/** What is known of an event where a field of a pattern does not hold. */
interface Missed {
  /** The values that the event has at the field's path. */
  readonly found: readonly Scalar[];
  readonly leaves: readonly Leaf[];
  readonly event: JsonObject;
  /** A similar name is searched for as long as they last. */
  readonly steps: Steps;
}

/** What a person may have overlooked in a field that an event does not have as a pattern asks for. */
export function hintsFor(field: Field, missed: Missed): readonly string[] {
  const { found, leaves } = missed;
  const hints = found.length === 0 ? hintsAboutAbsence(field, missed) : hintsAboutValue(field, found);
  const elsewhere = found.length === 0 ? [] : hintsAboutOtherPlaces(field, leaves);
  return [...hints, ...elsewhere].slice(0, HINTS_MAX);
}

/** The event has no value at the path: it has something else there, or a value elsewhere, or it is to have none. */
function hintsAboutAbsence(field: Field, missed: Missed): readonly string[] {
  const { name, matches } = field;
  const place = hintAboutNoValue(name, standsAt(missed.event, field.steps));
  const hints = place === undefined ? hintsAboutPlace(field, missed) : [place];
  if (hints.length > 0) return hints;
  if (matches.some((match) => match.kind === "equals" && match.value === null)) {
    return [`null takes only a field that is there: {"exists":false} takes one that is not.`];
  }
  if (matches.some(({ kind }) => kind === "anythingBut")) return ["anything-but takes only a field that is there."];
  return [];
}

/** What stands at a path where nothing is a value. */
function hintAboutNoValue(name: string, there: Json | undefined): string | undefined {
  if (typeof there !== "object" || there === null) return undefined;
  const what = Array.isArray(there) ? "list" : "object";
  if (Object.keys(there).length === 0) return `${name} is an empty ${what} in the event, which counts as absent.`;
  return `${name} is ${what === "list" ? "a list of objects" : "an object"} in the event: name a field of it.`;
}

/** The value may stand elsewhere, or the field be spelt otherwise. */
function hintsAboutPlace(field: Field, { leaves, steps }: Missed): readonly string[] {
  const { name } = field;
  const paths = [...new Set(leaves.map(({ path }) => path))];
  const key = field.steps.at(-1) ?? name;
  const moved = paths.filter((path) => path.slice(path.lastIndexOf(".") + 1) === key);
  if (moved.length > 0) return moved.map((path) => `The event has ${path}.`);
  steps.left -= paths.length * STEPS_PER_NAME;
  const similar = steps.areSpent ? undefined : nearest(name, paths);
  return similar === undefined ? [] : [`The event has ${similar}: did you mean that?`];
}

function standsAt(event: JsonObject, steps: readonly string[]): Json | undefined {
  let value: Json | undefined = event;
  for (const step of steps) value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return value;
}

function hintsAboutValue({ matches }: Field, found: readonly Scalar[]): readonly string[] {
  const compared = found
    .slice(0, COMPARED_MAX)
    .filter((value) => typeof value !== "string" || value.length <= COMPARED_CHARACTERS_MAX);
  const entries = matches.slice(0, COMPARED_MAX);
  const hints = compared.flatMap((value) => entries.flatMap((match) => hintAboutValue(match, value) ?? []));
  return [...new Set(hints)];
}

function hintAboutValue(match: Match, value: Scalar): string | undefined {
  if (match.kind === "exists") {
    if (match.exists) return undefined;
    return `The pattern wants the event not to have it${value === null ? ": null is a value" : ""}.`;
  }
  if (match.kind === "numeric" && typeof value === "string" && isNumber(value)) {
    return `The event has the text ${shown(value)}, and numeric takes only numbers.`;
  }
  if (match.kind === "equals" && typeof value !== typeof match.value && String(value) === String(match.value)) {
    return `The event has ${withType(value)}, the pattern asks for ${withType(match.value)}.`;
  }
  if (typeof value !== "string") return undefined;
  if (fitsOtherwise(match, value, (text) => text.trim())) return `${shown(value)} has spaces around it.`;
  if (fitsOtherwise(match, value, (text) => text.toLowerCase())) {
    const advice = match.kind === "wildcard" ? "" : ": equals-ignore-case takes both";
    return `${shown(value)} differs in upper and lower case only${advice}.`;
  }
  return undefined;
}

/** Whether a text would fit if the pattern and it were written in the same way. */
function fitsOtherwise(match: Match, value: string, plain: (text: string) => string): boolean {
  switch (match.kind) {
    case "equals":
      return typeof match.value === "string" && plain(value) === plain(match.value);
    case "prefix":
      return plain(value).startsWith(plain(match.text));
    case "suffix":
      return plain(value).endsWith(plain(match.text));
    case "wildcard":
      return matchesWildcard(match.literals.map(plain), plain(value));
    case "equalsIgnoreCase":
    case "prefixIgnoreCase":
    case "suffixIgnoreCase":
    case "numeric":
    case "cidr":
    case "exists":
    case "anythingBut":
      return false;
    default:
      return match satisfies never;
  }
}

/** The value that is asked for may stand under another name. */
function hintsAboutOtherPlaces({ name, matches }: Field, leaves: readonly Leaf[]): readonly string[] {
  const wanted = new Set(matches.flatMap((match) => (match.kind === "equals" ? [match.value] : [])));
  return leaves
    .filter(({ path, value }) => path !== name && isTelling(value) && wanted.has(value))
    .map(({ path, value }) => `The event has ${shown(value)} at ${path}.`);
}

/** Whether the same value elsewhere is hardly by chance, as with a flag or a small number it may be. */
function isTelling(value: Scalar): boolean {
  return (
    typeof value === "string" ||
    value instanceof LongNumber ||
    (typeof value === "number" && Math.abs(value) >= TELLING_NUMBER_MIN)
  );
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function withType(value: Scalar): string {
  if (value === null) return "null";
  return `the ${typeof value === "string" ? "text" : value instanceof LongNumber ? "number" : typeof value} ${shown(value)}`;
}

function shown(value: Scalar): string {
  return shownJson(value, SHOWN_CHARACTERS_MAX);
}
