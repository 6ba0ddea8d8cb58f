import type { Json } from "./json.ts";
import { isJsonObject } from "./json.ts";

/** One step into a value: a member by name, an element by index, or every member or element. */
export type PathStep =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "all" };

/** A parsed path. The empty one, `$`, is the whole value. */
export type JsonPath = readonly PathStep[];

/** EventBridge's bound on `InputPath` and on each value of `InputPathsMap`, in characters. */
const PATH_LENGTH_MAX = 256;

/** An event nested deeper than this has other problems. */
const STEPS_MAX = 64;

/**
 * One step at the reader's position. A plain name may hold anything that has no meaning of its own in JSONPath;
 * other names go in quotes, where a backslash stands before a quote or a backslash.
 */
const STEP =
  /\.(?<wildcard>\*)|\.(?<name>[^.[\]*'"()?,\s]+)|\[(?<star>\*)\]|\[(?<index>\d{1,9})\]|\['(?<quoted>(?:[^'\\]|\\['\\])+)'\]/y;

/**
 * Parses a JSON path: `$`, `$.detail.order-id`, `$.resources[0]`, `$.detail.items[*].sku`, `$.detail.*`,
 * `$['quoted name']`.
 *
 * This is the part of JSONPath that EventBridge documents (dots, dashes, underscores, slashes, array indices, wildcards), and
 * quoted names besides. Filters, slices, negative indices and `..` are refused, with the reason.
 */
export function parsePath(path: string): { ok: true; path: JsonPath } | { ok: false; reason: string } {
  if (path.length > PATH_LENGTH_MAX) return { ok: false, reason: `is longer than ${PATH_LENGTH_MAX} characters` };
  if (!path.startsWith("$")) return { ok: false, reason: "must start with $" };
  const steps: PathStep[] = [];
  let position = 1;
  while (position < path.length) {
    STEP.lastIndex = position;
    const match = STEP.exec(path);
    if (match === null) return { ok: false, reason: `cannot be read from "${path.slice(position)}" on` };
    steps.push(toStep(match.groups ?? {}));
    position = STEP.lastIndex;
  }
  if (steps.length > STEPS_MAX) return { ok: false, reason: `has more than ${STEPS_MAX} steps` };
  return { ok: true, path: steps };
}

function toStep({ name, index, quoted }: Partial<Record<string, string>>): PathStep {
  if (name !== undefined) return { kind: "name", name };
  if (index !== undefined) return { kind: "index", index: Number(index) };
  if (quoted !== undefined) return { kind: "name", name: quoted.replace(/\\(.)/g, "$1") };
  return { kind: "all" };
}

/**
 * What a path finds in a value, or undefined when it finds nothing.
 *
 * A path with a wildcard yields the list of everything it finds, in document order; the list is flat however many
 * wildcards there are, and empty when what stands before the first wildcard is there but has nothing to offer.
 */
export function selectPath(path: JsonPath, root: Json): Json | undefined {
  let found: readonly Json[] = [root];
  let isList = false;
  for (const step of path) {
    found = found.flatMap((value) => stepInto(value, step));
    isList ||= step.kind === "all";
    if (found.length === 0) break;
  }
  return isList ? found : found[0];
}

/** The values one step further: none, one, or, for a wildcard, any number. */
function stepInto(value: Json, step: PathStep): readonly Json[] {
  switch (step.kind) {
    case "name":
      // The keys are the sender's, so only an own property counts: `constructor` and `__proto__` are names like any other.
      return isJsonObject(value) && Object.hasOwn(value, step.name) ? [value[step.name] as Json] : [];
    case "index":
      return isList(value) && step.index < value.length ? [value[step.index] as Json] : [];
    case "all":
      if (isList(value)) return value;
      return isJsonObject(value) ? Object.values(value) : [];
  }
}

/** TypeScript does not narrow a readonly list by `Array.isArray`. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
