import { eventTime } from "../event/event.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import type { JsonPath } from "../../json/json-path.ts";
import { parsePath, selectPath } from "../../json/json-path.ts";

/**
 * A parsed input transformer, EventBridge's. The sources of its rules:
 *
 * - "Amazon EventBridge input transformation" in AWS's user guide and `InputTransformer` in its API reference: the language,
 *   its bounds, the reserved names, and that objects lose their quotes inside text;
 * - answers recorded from AWS (LocalStack's validated snapshots of June 2024): what a missing value becomes, the keys of
 *   `<aws.events.event>`, and the error about an invalid placeholder.
 *
 * Two things are stricter here, so that a target always receives JSON: values put into text are escaped, and a template
 * which could not become JSON is refused when it is parsed.
 */
export interface Template {
  /** As configured. */
  readonly inputPathsMap: Readonly<Record<string, string>>;
  readonly inputTemplate: string;
  readonly pieces: readonly Piece[];
}

/** A stretch of the result: fixed text, or a placeholder. */
type Piece = string | Placeholder;

interface Placeholder {
  readonly name: string;
  /** Where to find the value in the event; undefined for a reserved variable. */
  readonly path: JsonPath | undefined;
  readonly place: Place;
}

/**
 * Where a value goes: where JSON has a value, into a string or (never in a template that was accepted) a key within JSON, or
 * into a template that is text as a whole.
 */
type Place = "value" | "string" | "key" | "text";

/** What a template is filled in from. */
export interface TemplateContext {
  readonly event: JsonObject;
  /** The same event, as a target with no input of its own receives it. */
  readonly eventJson: string;
  readonly ruleArn: string;
  readonly ruleName: string;
  /** When the event was accepted, epoch milliseconds. */
  readonly ingestionTimeMs: number;
}

type Paths = ReadonlyMap<string, JsonPath>;

const VARIABLES_MAX = 100;
const VARIABLE_NAME = /^[A-Za-z0-9_-]{1,256}$/;
const TEMPLATE_LENGTH_MAX = 8192;

/** A template can name one large value many times; a result past Lambda's 6 MB serves nobody. */
const RESULT_BYTES_MAX = 6 * 1024 * 1024;

/** `<` and `>` cannot be escaped. A `<` with no `>` after it is itself. */
const PLACEHOLDER = /<([^<>]*)>/;

/** One string in quotes or several, with white space between them. */
const TEXT_TEMPLATE = /^(?:"(?:[^"\\]|\\.)*"\s*)+$/s;

/**
 * What a JSON template is cut into: a string, which is a key when a colon follows, or what stands between strings. A
 * string that never ends is all that is left, and makes the template no JSON.
 */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"(?=(?<colon>\s*:)?)|[^"]+|".*/gs;

const JSON_PUNCTUATION = /([{}[\]:,])/;

/** The reserved variables, as JSON text. */
const RESERVED: ReadonlyMap<string, (context: TemplateContext) => string> = new Map([
  ["aws.events.rule-arn", ({ ruleArn }) => JSON.stringify(ruleArn)],
  ["aws.events.rule-name", ({ ruleName }) => JSON.stringify(ruleName)],
  ["aws.events.event.ingestion-time", ({ ingestionTimeMs }) => JSON.stringify(eventTime(ingestionTimeMs))],
  ["aws.events.event", ({ event }) => JSON.stringify(envelopeOf(event))],
  ["aws.events.event.json", ({ eventJson }) => eventJson],
]);

const WHOLE_EVENTS: readonly string[] = ["aws.events.event", "aws.events.event.json"];

/**
 * Parses an input transformer. The template is JSON with placeholders, or text: one string in double quotes, or several,
 * which become the lines of one.
 *
 * Refused, with a reason that continues the words "InputTemplate for target NAME": a placeholder that no variable answers to,
 * or that is an object's key; more than 100 variables, or one whose name or path is not valid; more than 8,192 characters; and
 * what would not be JSON whatever the values are.
 */
export function parseTemplate(
  inputPathsMap: Readonly<Record<string, string>>,
  inputTemplate: string,
): { ok: true; template: Template } | { ok: false; reason: string } {
  const paths = parseVariables(inputPathsMap);
  if (typeof paths === "string") return { ok: false, reason: paths };
  if (inputTemplate.length > TEMPLATE_LENGTH_MAX) {
    return { ok: false, reason: `is longer than ${TEMPLATE_LENGTH_MAX} characters` };
  }
  const text = inputTemplate.trim();
  const pieces = TEXT_TEMPLATE.test(text) ? cut(joinLines(text), "text", paths) : cutJson(text, paths);
  const reason = findUnknown(pieces) ?? findMisplaced(pieces) ?? findBrokenJson(pieces);
  return reason === undefined
    ? { ok: true, template: { inputPathsMap, inputTemplate, pieces } }
    : { ok: false, reason };
}

/** The paths by variable, or what is wrong with one. */
function parseVariables(inputPathsMap: Readonly<Record<string, string>>): Paths | string {
  const entries = Object.entries(inputPathsMap);
  if (entries.length > VARIABLES_MAX) return `has more than ${VARIABLES_MAX} variables`;
  const paths = new Map<string, JsonPath>();
  for (const [name, text] of entries) {
    if (!VARIABLE_NAME.test(name)) return `has a variable "${name}", which is not made of letters, digits, - and _`;
    const parsed = parsePath(text);
    if (!parsed.ok) return `takes <${name}> from the path "${text}", which ${parsed.reason}`;
    paths.set(name, parsed.path);
  }
  return paths;
}

/** Several strings become one of several lines: AWS sends such a template on with its inner quotes, which is not JSON. */
function joinLines(text: string): string {
  const lines = (text.match(JSON_TOKEN) ?? []).filter((token) => token.startsWith('"'));
  return `"${lines.map((line) => line.slice(1, -1)).join("\\n")}"`;
}

/** Cuts a JSON template. White space around its punctuation goes, since AWS passes on minified JSON. */
function cutJson(text: string, paths: Paths): readonly Piece[] {
  return [...text.matchAll(JSON_TOKEN)].flatMap(({ 0: token, groups }) => {
    if (!token.startsWith('"')) return cut(minified(token), "value", paths);
    return cut(token, groups?.["colon"] === undefined ? "string" : "key", paths);
  });
}

/** JSON between two strings, without the white space around its punctuation and at its ends. */
function minified(json: string): string {
  const parts = json.split(JSON_PUNCTUATION).map((part) => part.trim());
  return parts.join("");
}

/** Cuts text at its placeholders: `split` with a group yields text and name in turn. */
function cut(text: string, place: Place, paths: Paths): readonly Piece[] {
  return text
    .split(PLACEHOLDER)
    .map((part, position) => (position % 2 === 0 ? part : { name: part, path: paths.get(part), place }));
}

function findUnknown(pieces: readonly Piece[]): string | undefined {
  const unknown = placeholdersOf(pieces).find(({ name, path }) => path === undefined && !RESERVED.has(name));
  return unknown && `contains invalid placeholder ${unknown.name}`;
}

/** AWS allows no placeholder in a key. A whole event in the quotes of a JSON template could never be rendered. */
function findMisplaced(pieces: readonly Piece[]): string | undefined {
  for (const { name, place } of placeholdersOf(pieces)) {
    if (place === "key") return `has the placeholder <${name}> in a key`;
    if (place === "string" && WHOLE_EVENTS.includes(name)) return `has <${name}> in quotes, where no object can stand`;
  }
  return undefined;
}

/** Tries the template with samples that stand or fall like any value: none can complete a number, a word or an escape. */
function findBrokenJson(pieces: readonly Piece[]): string | undefined {
  const sample = pieces.map((piece) => (typeof piece === "string" ? piece : piece.place === "value" ? "null" : " "));
  try {
    JSON.parse(sample.join(""));
    return undefined;
  } catch {
    return "is neither JSON nor text in double quotes";
  }
}

function placeholdersOf(pieces: readonly Piece[]): readonly Placeholder[] {
  return pieces.filter((piece) => typeof piece !== "string");
}

type Rendered = { ok: true; json: string } | { ok: false; message: string };

/**
 * Fills a template in. The result is JSON text: a JSON string for a template that is text.
 *
 * - Where JSON has a value, the value is put in as JSON; one that the event lacks becomes `""`.
 * - In text, strings go in as they are, and numbers, true, false and null as JSON writes them; one that the event lacks
 *   becomes nothing. Objects and lists lose their quotes: `{acc_id:0a78,sf_id:baz}`, `[ACTIVE,INACTIVE]`.
 * - In a string within JSON the same, but an object or a list fails. (AWS drops such an event silently.)
 *
 * Fails also when the result is longer than 6 MiB, or a value is nested too deeply to be printed.
 */
export function renderTemplate(template: Template, context: TemplateContext): Rendered {
  try {
    return fillInAll(template, context);
  } catch (error) {
    // JSON.parse reads any depth, but JSON.stringify runs out of stack after some thousand levels.
    if (error instanceof RangeError) return { ok: false, message: "the event is nested too deeply" };
    throw error;
  }
}

function fillInAll(template: Template, context: TemplateContext): Rendered {
  let json = "";
  let bytes = 0;
  for (const piece of template.pieces) {
    const rendered: Rendered = typeof piece === "string" ? { ok: true, json: piece } : fillIn(piece, context);
    if (!rendered.ok) return rendered;
    json += rendered.json;
    bytes += Buffer.byteLength(rendered.json);
    if (bytes > RESULT_BYTES_MAX) return { ok: false, message: `the input is longer than ${RESULT_BYTES_MAX} bytes` };
  }
  return { ok: true, json };
}

function fillIn({ name, path, place }: Placeholder, context: TemplateContext): Rendered {
  const value = path === undefined ? RESERVED.get(name)?.(context) : print(selectPath(path, context.event));
  if (value === undefined) return { ok: true, json: place === "value" ? '""' : "" };
  if (place === "value") return { ok: true, json: value };
  // The JSON text of a string is, between its quotes, already escaped.
  if (value.startsWith('"')) return { ok: true, json: value.slice(1, -1) };
  if (place === "string" && /^[[{]/.test(value)) {
    return { ok: false, message: `<${name}> is in quotes, and what the event has for it is an object or a list` };
  }
  return { ok: true, json: JSON.stringify(value.replaceAll('"', "")).slice(1, -1) };
}

function print(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** An event without its detail, under the names that `<aws.events.event>` has in AWS: `detailType`, not `detail-type`. */
function envelopeOf(event: JsonObject): JsonObject {
  const fields = Object.entries(event).filter(([key]) => key !== "detail");
  return Object.fromEntries(fields.map(([key, value]) => [camelCase(key), value]));
}

function camelCase(key: string): string {
  return key.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
