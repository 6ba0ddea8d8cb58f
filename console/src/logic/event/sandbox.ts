import { EVENT_LEVELS_MAX, isDeeperThan } from "../../../../src/json/depth.ts";
import { parseExactly } from "../../../../src/json/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../../src/json/json.ts";
import { describeMatch } from "../../../../src/pattern/explain/describe-match.ts";
import { missesOf, nearestAlternative, type Miss } from "../../../../src/pattern/explain/explain.ts";
import { lintPattern } from "../../../../src/pattern/explain/lint.ts";
import { pathTree, valuesAt } from "../../../../src/pattern/explain/values-at.ts";
import { matches } from "../../../../src/pattern/matches.ts";
import { CALLERS_BOUNDS, parsePattern } from "../../../../src/pattern/parse/parse.ts";
import type { Pattern } from "../../../../src/pattern/pattern.ts";
import { Steps } from "../../../../src/pattern/steps.ts";
import { visibleText } from "../text/visible-text.ts";

/** What was typed, as the router reads it, or what is wrong with it. */
export type Read<Value> = ({ readonly ok: true } & Value) | Unread;

interface Unread {
  readonly ok: false;
  /** Words that follow "The event" or "The pattern". */
  readonly reason: string;
  /** The index of what is wrong; undefined for the whole, and for what is no JSON. */
  readonly at?: number | undefined;
}

/** As much as the router spends on one rule: about a tenth of a second. */
const STEPS_MAX = 3_000_000;

/** Reads an event as its targets get it. */
export function readEvent(text: string): Read<{ readonly event: JsonObject }> {
  const json = readJson(text);
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return refused("must be a JSON object: source, detail-type, detail …");
  if (isDeeperThan(EVENT_LEVELS_MAX, json.value)) return refused(`must have no more than ${EVENT_LEVELS_MAX} levels.`);
  return { ok: true, event: json.value };
}

export interface SandboxPattern {
  readonly pattern: Pattern;
  readonly json: JsonObject;
  /** Lint warnings: words that follow "The pattern". */
  readonly warnings: readonly string[];
}

/** Reads an event pattern. The reason why it is refused is the router's. */
export function readPattern(text: string): Read<SandboxPattern> {
  if (text.trim() === "") return refused("is missing.");
  const parsed = parsePattern(text, CALLERS_BOUNDS);
  if (!parsed.ok) return refused(`is not valid: ${parsed.reason}`, parsed.at);
  const json = readJson(text);
  if (!json.ok || !isJsonObject(json.value)) return refused("cannot be read.");
  const warnings = lintPattern(parsed.pattern, json.value, {});
  return { ok: true, pattern: parsed.pattern, json: json.value, warnings };
}

/** What keeps the event from the pattern: nothing when it matches. */
export function missesIn(pattern: Pattern, event: JsonObject): readonly Miss[] | "too costly" {
  const steps = new Steps(STEPS_MAX);
  const isMatched = matches(pattern, event, steps);
  if (isMatched === true) return [];
  const misses = isMatched === false ? missesOf(pattern, event, steps) : [];
  return misses.length === 0 ? "too costly" : misses;
}

/** A field of the pattern, and whether the event has it as it is asked for. */
export interface FieldMark {
  readonly field: string;
  readonly holds: boolean;
  /** What would fit, and what the event has there: JSON texts, the first few. */
  readonly expected: readonly string[];
  readonly found: readonly string[];
}

/** So many fields, and values of one, are marked. */
const MARKS_MAX = 50;
const VALUES_MAX = 3;

/** Each field of the pattern, of one with `$or` those of the branch that the event comes nearest to. */
export function fieldMarks(pattern: Pattern, event: JsonObject): readonly FieldMark[] {
  const steps = new Steps(STEPS_MAX);
  const { alternative, missed } = nearestAlternative(pattern, event, steps);
  if (steps.areSpent) return [];
  const fields = alternative.fields.slice(0, MARKS_MAX);
  const values = valuesAt(pathTree(fields.map(({ name }) => name)), event);
  return fields.map((field) => ({
    field: field.name,
    holds: !missed.includes(field),
    expected: field.matches.slice(0, VALUES_MAX).map(describeMatch),
    found: [...(values.get(field.name) ?? [])].slice(0, VALUES_MAX).map((value) => JSON.stringify(value)),
  }));
}

/** A pattern that events of the same source and type match, to begin with; empty for a text that is no event. */
export function patternLike(eventJson: string): string {
  const read = readEvent(eventJson);
  if (!read.ok) return "";
  const fields = ["source", "detail-type"].filter((name) => typeof read.event[name] === "string");
  if (fields.length === 0) return "";
  return JSON.stringify(Object.fromEntries(fields.map((name) => [name, [read.event[name]]])), undefined, 2);
}

/** JSON with indentation, each number as it was written; any other text as it is. */
export function indentedExactly(text: string): string {
  try {
    return visibleText(JSON.stringify(parseExactly(text), undefined, 2));
  } catch {
    return text;
  }
}

/** Whether the browser can keep long numbers as they are written, as the router does: those of 2025 and later can. */
export function canKeepNumbers(): boolean {
  return "rawJSON" in JSON && "isRawJSON" in JSON;
}

function readJson(text: string): Read<{ readonly value: Json }> {
  if (text.trim() === "") return refused("is missing.");
  try {
    return { ok: true, value: parseExactly(text) };
  } catch (error) {
    return refused(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refused(reason: string, at?: number): Unread {
  return { ok: false, reason, at };
}
