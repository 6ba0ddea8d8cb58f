import { z } from "zod";
import { isJsonObject, shownJson } from "../json/json.ts";
import type { Entry, Path } from "./source/document.ts";
import { didYouMean } from "../text/nearest.ts";
import type { Problem } from "./source/problem.ts";
import type { Filled } from "./source/references.ts";
import type { IssueNotes } from "./kinds/parts/fields.ts";

const QUOTED_CHARACTERS_MAX = 80;

/** Where secrets belong. What stands there is never quoted, in case it stands there in the open. */
const SECRET_PROPERTIES: ReadonlySet<string | number> = new Set([
  "connection",
  "environment",
  "secret",
  "secrets",
  "signing",
  "tls",
  "tokens",
]);

/** Checks an entry's value; pushes what is wrong with it, in words and with places. */
export function checkEntry<T>(schema: z.ZodType<T>, entry: Entry, filled: Filled, problems: Problem[]): T | undefined {
  const checked = schema.safeParse(filled.value, { error: wording });
  if (checked.success) return checked.data;
  for (const issue of checked.error.issues) {
    const path = issue.path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment));
    // A reference that could not be resolved was reported already; the text that stands there is not the value.
    if (filled.problems.some((unresolved) => samePath(unresolved.path, path))) continue;
    problems.push(...problemsOf(issue, path, schema, entry, filled.secretPaths));
  }
  return undefined;
}

/** A problem with an entry: what it is about stands first, as in `rule "big-orders": target "crm": …`. */
export function entryProblem(entry: Entry, path: Path, message: string, at: "key" | "value"): Problem {
  const place = at === "key" ? entry.keyPlace(path) : entry.valuePlace(path);
  return { message: `${subject(entry, path)}${message}`, ...place };
}

function problemsOf(
  issue: z.core.$ZodIssue,
  path: Path,
  schema: z.ZodType,
  entry: Entry,
  secretPaths: readonly Path[],
): readonly Problem[] {
  if (issue.code === "unrecognized_keys") {
    const known = propertiesAt(schema, path);
    return issue.keys.map((key) => {
      const place = entry.keyPlace([...path, key]);
      const message = `unknown property "${key}"${didYouMean(key, known)}`;
      return { message: `${subject(entry, path, ": ")}${message}`, ...place };
    });
  }
  const raw = valueAt(entry.raw, path);
  if (raw === undefined) {
    const parent = path.slice(0, -1);
    const message = `missing property "${String(path.at(-1))}"`;
    return [{ message: `${subject(entry, parent, ": ")}${message}`, ...entry.keyPlace(parent) }];
  }
  if (issue.code === "invalid_key") {
    return [entryProblem(entry, path, issue.issues[0]?.message ?? "is not a valid name", "key")];
  }
  const notes: IssueNotes = issue.code === "custom" ? (issue.params ?? {}) : {};
  if (notes.quotesValue === true && secretPaths.some((secret) => overlap(secret, path))) {
    const message = "is not valid. The reason is withheld, since it may quote a secret";
    return [entryProblem(entry, path, message, "value")];
  }
  const suggestion = notes.suggestion === undefined ? "" : `; did you mean "${notes.suggestion}"?`;
  const quoted = notes.hidesValue === true ? "" : quote(raw, path, issue.code);
  const message = `${issue.message}${quoted}${suggestion}`;
  return [entryProblem(entry, path, message, isContainer(raw) ? "key" : "value")];
}

function isContainer(raw: unknown): boolean {
  return raw === null || Array.isArray(raw) || isJsonObject(raw);
}

/** Words for what zod finds by itself. A schema's own message comes first. */
const wording: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return "must not be empty";
    case "too_big":
      return `must have at most ${issue.maximum} ${issue.origin === "string" ? "characters" : "items"}`;
    default:
      return undefined;
  }
};

const TYPES: Partial<Record<string, string>> = {
  string: "a text",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** `, got 500`: the value as the file has it. */
function quote(raw: unknown, path: Path, code: string): string {
  if (path.some((segment) => SECRET_PROPERTIES.has(segment))) return "";
  if (Array.isArray(raw)) return code === "invalid_type" ? ", got a list" : "";
  if (isJsonObject(raw)) return code === "invalid_type" ? ", got a mapping" : "";
  if (raw === null) return ", got nothing";
  return `, got ${shownJson(raw, QUOTED_CHARACTERS_MAX)}`;
}

/**
 * `rule "big-orders": target "crm": retryPolicy.maximumRetryAttempts`, and what is to follow where that is not the
 * start of a sentence.
 */
function subject(entry: Entry, path: Path, afterPath = " "): string {
  const [first, second, ...rest] = path;
  const inTarget = entry.section === "rules" && first === "targets" && second !== undefined;
  const named = entry.name === entry.section ? entry.noun : `${entry.noun} "${entry.name}"`;
  const noun = `${named}: ${inTarget ? `target "${second}": ` : ""}`;
  const written = dotted(inTarget ? rest : path);
  return written === "" ? noun : `${noun}${written}${afterPath}`;
}

function dotted(path: Path): string {
  return path
    .map((segment, index) => (typeof segment === "number" ? `[${segment}]` : `${index > 0 ? "." : ""}${segment}`))
    .join("");
}

/** The part of a JSON Schema that says which properties an object may have. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** A schema may be asked for each of a thousand entries. */
const shapes = new WeakMap<z.ZodType, Shape>();

/** The properties that the object at a path may have, for suggestions: as the JSON Schema for editors lists them. */
function propertiesAt(schema: z.ZodType, path: Path): readonly string[] {
  const shape = shapes.get(schema) ?? (z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape);
  shapes.set(schema, shape);
  const inner = path.reduce<readonly Shape[]>((at, segment) => at.flatMap((one) => partOf(one, segment)), [shape]);
  return inner.flatMap(alternativesOf).flatMap(({ properties = {} }) => Object.keys(properties));
}

function partOf(shape: Shape, segment: string | number): readonly Shape[] {
  return alternativesOf(shape).flatMap(({ properties = {}, additionalProperties, items }) => {
    if (typeof segment === "number") return items ?? [];
    const property = Object.hasOwn(properties, segment) ? properties[segment] : additionalProperties;
    return typeof property === "object" ? property : [];
  });
}

function alternativesOf(shape: Shape): readonly Shape[] {
  return [shape, ...(shape.anyOf ?? [])];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, segment) => {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, segment)) return undefined;
    return (inner as Record<string | number, unknown>)[segment];
  }, value);
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && overlap(a, b);
}

/** Whether one path leads to the other or into it. */
function overlap(a: Path, b: Path): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((segment, index) => segment === b[index]);
}
