import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { didYouMean } from "../../text/nearest.ts";
import { describeMatch } from "./describe-match.ts";
import { matchesValue } from "../matches-value.ts";
import type { Alternative, Field, Match, Pattern } from "../pattern.ts";
import { isTooComplex } from "../parse/wildcard-complexity.ts";

/** What every event has at its top, beside its resources and its detail: a text each. */
const TEXTS = ["version", "id", "detail-type", "source", "account", "time", "region"] as const;

/** What an event may have at its top. A CloudEvent has its attributes; a replayed event, on EventBridge, the replay's name. */
const TOP_FIELDS: readonly string[] = [...TEXTS, "resources", "detail", "cloudevent", "replay-name"];

/** A field's wildcards are worth a warning from here on: three quarters of what is refused as too complex. */
const WILDCARD_PLACES_TOLD = 8;

/** Fields that are the same in every event of a router, by name: its account, its region, the events' version. */
export type Constants = Readonly<Record<string, string>>;

/**
 * Lint warnings for a valid pattern, in words that follow "the pattern": no event can fit it, or one of its `$or` branches;
 * every event does; a field's list is replaced by a later one; its wildcards are nearly too complex.
 *
 * @param json the pattern as it was written
 */
export function lintPattern({ alternatives }: Pattern, json: JsonObject, constants: Constants): readonly string[] {
  const reasons = alternatives.map((alternative) => impossibility(alternative, constants));
  const known = [...new Set(reasons.filter((reason) => reason !== undefined))];
  const isDead = reasons.every((reason) => reason !== undefined);
  const what = isDead ? "matches no event" : "has a branch of $or that no event matches";
  const findings = known.map((reason) => `${what}: ${reason}`);
  if (alternatives.some(({ fields }) => fields.every((field) => alwaysHolds(field, constants)))) {
    findings.push("matches every event on its bus");
  }
  return [...findings, ...replacedFields(json), ...costlyWildcards(alternatives)];
}

/** Why no event has all of an alternative's fields as they are asked for; undefined when one may. */
function impossibility({ fields }: Alternative, constants: Constants): string | undefined {
  for (const field of fields) {
    const reason = unheardOf(field) ?? wrongKind(field) ?? wrongConstant(field, constants);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function unheardOf({ name, mayBeAbsent, steps }: Field): string | undefined {
  const [top = ""] = steps;
  if (mayBeAbsent || TOP_FIELDS.includes(top) || TOP_FIELDS.includes(name)) return undefined;
  return `no event has a field "${top}" beside its detail${didYouMean(top, TOP_FIELDS)}`;
}

/** A field that every event has as a text. Below it there is nothing, and it is no number and never absent. */
function wrongKind({ name, steps, matches, mayBeAbsent }: Field): string | undefined {
  const [top = ""] = steps;
  if (!isText(top)) return undefined;
  if (steps.length > 1) return mayBeAbsent ? undefined : `"${top}" is a text, and has no "${steps.slice(1).join(".")}"`;
  if (matches.some(mayFitText)) return undefined;
  return `"${name}" is a text in every event, never ${matches.map(describeMatch).join(" or ")}`;
}

function wrongConstant({ name, matches }: Field, constants: Constants): string | undefined {
  const value = Object.hasOwn(constants, name) ? constants[name] : undefined;
  if (value === undefined || matches.some((match) => matchesValue(match, value))) return undefined;
  return `"${name}" is "${value}" in every event of this router, never ${matches.map(describeMatch).join(" or ")}`;
}

function alwaysHolds({ name, steps, matches, mayBeAbsent }: Field, constants: Constants): boolean {
  const constant = Object.hasOwn(constants, name) ? constants[name] : undefined;
  if (constant !== undefined) return matches.some((match) => matchesValue(match, constant));
  const [top = ""] = steps;
  if (isText(top) && steps.length === 1) return matches.some(fitsAnyText);
  return mayBeAbsent && matches.some((match) => match.kind === "exists" && match.exists);
}

function fitsAnyText(match: Match): boolean {
  switch (match.kind) {
    case "exists":
      return match.exists;
    case "prefix":
    case "suffix":
      return match.text === "";
    case "wildcard":
      return match.literals.length > 1 && match.literals.every((literal) => literal === "");
    case "equals":
    case "equalsIgnoreCase":
    case "prefixIgnoreCase":
    case "suffixIgnoreCase":
    case "numeric":
    case "cidr":
    case "anythingBut":
      return false;
    default:
      return match satisfies never;
  }
}

function mayFitText(match: Match): boolean {
  switch (match.kind) {
    case "equals":
      return typeof match.value === "string";
    case "numeric":
      return false;
    case "exists":
      return match.exists;
    case "prefix":
    case "suffix":
    case "equalsIgnoreCase":
    case "prefixIgnoreCase":
    case "suffixIgnoreCase":
    case "wildcard":
    case "cidr":
    case "anythingBut":
      return true;
    default:
      return match satisfies never;
  }
}

/** A field that stands beside `$or` and in it, or in two spellings: the last of its lists counts, the others for nothing. */
function replacedFields(json: JsonObject): readonly string[] {
  const outside: string[] = [];
  const inside: string[] = [];
  const walk = (node: Json, path: string, into: string[]): void => {
    if (!isJsonObject(node)) return void into.push(path);
    for (const [key, value] of Object.entries(node)) {
      if (isOr(key, value)) for (const branch of value) walk(branch, path, inside);
      else walk(value, path === "" ? key : `${path}.${key}`, into);
    }
  };
  walk(json, "", outside);
  const replacing = new Set(inside);
  const replaced: string[] = [];
  for (const name of outside) {
    if (replacing.has(name)) replaced.push(name);
    replacing.add(name);
  }
  return [...new Set(replaced)].map((name) => `has two lists for "${name}", of which the last alone counts`);
}

function isOr(key: string, value: Json): value is Json[] {
  return key === "$or" && Array.isArray(value) && value.every(isJsonObject);
}

function costlyWildcards(alternatives: readonly Alternative[]): readonly string[] {
  // Combinations of `$or` share the lists of the fields beside it.
  const byMatches = new Map(alternatives.flatMap(({ fields }) => fields.map((field) => [field.matches, field])));
  const costly = [...byMatches.values()].filter(({ matches }) => {
    const all = matches.flatMap((match) => (match.kind === "anythingBut" ? match.excluded : [match]));
    const wildcards = all.flatMap((match) => (match.kind === "wildcard" ? [match.literals] : []));
    return wildcards.length > 0 && isTooComplex(wildcards, { placesMax: WILDCARD_PLACES_TOLD });
  });
  const names = [...new Set(costly.map(({ name }) => name))];
  return names.map(
    (name) => `has wildcards in "${name}" that cost a lot, and are close to what is refused as too complex`,
  );
}

function isText(name: string): boolean {
  return (TEXTS as readonly string[]).includes(name);
}
