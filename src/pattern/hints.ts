import type { Json, JsonObject } from "../core/json.ts";
import { nearest } from "../core/nearest.ts";
import type { Field, Match, Scalar } from "./pattern.ts";

/** How many values of an event are looked through for one that stands in the wrong place. */
const LEAVES_MAX = 2_000;
const HINTS_MAX = 3;
const SHOWN_CHARACTERS_MAX = 100;

/** A value of an event and where it stands. */
interface Leaf {
  readonly path: string;
  readonly value: Scalar;
}

/**
 * What a person may have overlooked in a field that an event does not have as a pattern asks for.
 *
 * @param found the values that the event has at the field's path
 */
export function hintsFor(field: Field, found: readonly Scalar[], event: JsonObject): readonly string[] {
  const leaves = [...leavesOf(event)];
  const hints = found.length === 0 ? hintsAboutPlace(field, leaves) : hintsAboutValue(field, found);
  const elsewhere = found.length === 0 ? [] : hintsAboutOtherPlaces(field, leaves);
  return [...hints, ...elsewhere].slice(0, HINTS_MAX);
}

/** The event has nothing at the path: it may stand elsewhere, or be spelt otherwise. */
function hintsAboutPlace({ name, steps, matches }: Field, leaves: readonly Leaf[]): readonly string[] {
  if (matches.every(({ kind }) => kind === "exists")) return [];
  const paths = [...new Set(leaves.map(({ path }) => path))];
  const key = steps.at(-1) ?? name;
  const moved = paths.filter((path) => path.split(".").at(-1) === key);
  if (moved.length > 0) return moved.map((path) => `The event has ${path}.`);
  if (paths.some((path) => path.startsWith(`${name}.`)))
    return [`${name} is an object in the event: name a field of it.`];
  const similar = nearest(name, paths);
  return similar === undefined ? [] : [`The event has ${similar}: is that meant?`];
}

function hintsAboutValue({ matches }: Field, found: readonly Scalar[]): readonly string[] {
  const hints = found.flatMap((value) => matches.flatMap((match) => hintAboutValue(match, value) ?? []));
  return [...new Set(hints)];
}

function hintAboutValue(match: Match, value: Scalar): string | undefined {
  if (match.kind === "exists") return match.exists ? undefined : "The pattern wants the event not to have it.";
  if (match.kind === "numeric" && typeof value === "string" && isNumber(value)) {
    return `The event has the text ${shown(value)}, and numeric takes only numbers.`;
  }
  const wanted = textOf(match);
  if (wanted === undefined) return undefined;
  if (match.kind === "equals" && typeof value !== typeof wanted && String(value) === String(wanted)) {
    return `The event has the ${typeName(value)} ${shown(value)}, the pattern asks for the ${typeName(wanted)} ${shown(wanted)}.`;
  }
  if (typeof value !== "string" || typeof wanted !== "string") return undefined;
  if (fitsOtherwise(match, value, wanted, (text) => text.trim())) return `${shown(value)} has spaces around it.`;
  if (fitsOtherwise(match, value, wanted, (text) => text.toLowerCase())) {
    return `${shown(value)} differs in upper and lower case only: equals-ignore-case takes both.`;
  }
  return undefined;
}

/** Whether the texts would fit if both were written in the same way. */
function fitsOtherwise(match: Match, value: string, wanted: string, plain: (text: string) => string): boolean {
  switch (match.kind) {
    case "equals":
      return plain(value) === plain(wanted);
    case "prefix":
      return plain(value).startsWith(plain(wanted));
    case "suffix":
      return plain(value).endsWith(plain(wanted));
    default:
      return false;
  }
}

/** The value that is asked for may stand under another name. */
function hintsAboutOtherPlaces({ name, matches }: Field, leaves: readonly Leaf[]): readonly string[] {
  const wanted = new Set(matches.flatMap((match) => (match.kind === "equals" ? [match.value] : [])));
  return leaves
    .filter(({ path, value }) => path !== name && typeof value === "string" && wanted.has(value))
    .map(({ path, value }) => `The event has ${shown(value)} at ${path}.`);
}

function textOf(match: Match): Scalar | undefined {
  if (match.kind === "equals") return match.value;
  return match.kind === "prefix" || match.kind === "suffix" ? match.text : undefined;
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function typeName(value: Scalar): string {
  if (value === null) return "null";
  return typeof value === "string" ? "text" : typeof value;
}

function shown(value: Scalar): string {
  const text = JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}

/** Every value of an event with its path; lists are no steps of it. Ends early in an event of very many. */
function* leavesOf(event: JsonObject): Generator<Leaf> {
  const pending: { path: string; value: Json }[] = [{ path: "", value: event }];
  let count = 0;
  for (let next = pending.shift(); next !== undefined && count < LEAVES_MAX; next = pending.shift()) {
    const { path, value } = next;
    if (Array.isArray(value)) {
      for (const element of value.slice(0, LEAVES_MAX) as readonly Json[]) pending.push({ path, value: element });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, member] of Object.entries(value).slice(0, LEAVES_MAX)) {
        pending.push({ path: path === "" ? key : `${path}.${key}`, value: member });
      }
    } else {
      count += 1;
      yield { path, value };
    }
  }
}
