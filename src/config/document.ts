import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument as parseYaml,
  visit,
  type Document,
  type Pair,
} from "yaml";
import type { ConfigFile } from "./files.ts";
import { didYouMean } from "../core/nearest.ts";
import { formatPlace, type Place, type Problem } from "./problem.ts";

/** The maps that a configuration file may have at its top, and what one entry of each is called in messages. */
export const SECTIONS = {
  eventBuses: "event bus",
  functions: "function",
  queues: "queue",
  apiDestinations: "API destination",
  rules: "rule",
} as const;

export type Section = keyof typeof SECTIONS;

export type Path = readonly (string | number)[];

/** One named thing of a section, as the file says it, and the way back from its parts to their places. */
export interface Entry<S extends string = Section> {
  readonly section: S;
  /** What it is called in messages. */
  readonly noun: string;
  readonly name: string;
  /** As written: references to secrets are not resolved. An entry left empty is `{}`. */
  readonly raw: unknown;
  /** Where a value stands; of a missing one, the nearest thing around it that is there. */
  valuePlace(path: Path): Place;
  /** Where a value's key stands; of a list's item, the item itself. */
  keyPlace(path: Path): Place;
}

export interface ParsedFile<S extends string = Section> {
  /** False when the file could not be taken apart, so that nothing is known of what it says. */
  readonly legible: boolean;
  readonly entries: readonly Entry<S>[];
  readonly problems: readonly Problem[];
}

/** The sections that a file may have, each with what one of its entries is called. */
type Nouns<S extends string> = Readonly<Record<S, string>>;

/** How often a file's anchors may be used all together: the "billion laughs" ends here. */
const ALIASES_MAX = 100;

const DEPTH_MAX = 100;

/** Parses one file and takes it apart into the entries of its sections. */
export function parseFile<S extends string>({ path: file, text }: ConfigFile, nouns: Nouns<S>): ParsedFile<S> {
  const lineCounter = new LineCounter();
  const problems: Problem[] = [];
  try {
    const document = parseYaml(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: "error" });
    const source: Source = { file, document, lineCounter };
    for (const { message, pos } of [...document.errors, ...document.warnings]) {
      problems.push({ message, ...placeAt(source, pos[0]) });
    }
    const { endless, wrong } = badNodes(source);
    // An anchor within itself would make a value without end: nothing behind this line could cope with it.
    problems.push(...endless);
    if (problems.length > 0) return { legible: false, entries: [], problems };
    problems.push(...wrong);
    return { legible: true, entries: entriesOf(source, nouns, problems), problems };
  } catch (error) {
    // The package throws these two: for too many aliases, and when nesting exhausts the stack.
    if (error instanceof ReferenceError)
      problems.push({ message: `uses its anchors more than ${ALIASES_MAX} times`, file });
    else if (error instanceof RangeError) problems.push({ message: "is nested too deeply", file });
    else throw error;
    return { legible: false, entries: [], problems };
  }
}

/** A parsed file, and what finds the places in it. */
interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lineCounter: LineCounter;
}

/**
 * What YAML lets pass and a configuration cannot mean: anchors within themselves, and, as `wrong`, duplicate or odd
 * keys and numbers that JSON does not have. Found in one walk, since it takes a good part of the time that a large file needs.
 */
function badNodes(source: Source): { readonly endless: readonly Problem[]; readonly wrong: readonly Problem[] } {
  const endless: Problem[] = [];
  const wrong: Problem[] = [];
  visit(source.document, {
    Alias(_, alias, path) {
      const anchored = alias.resolve(source.document);
      if (anchored === undefined || !path.includes(anchored)) return;
      endless.push({ message: `anchor "${alias.source}" contains itself`, ...placeOf(source, alias) });
    },
    Map(_, { items }) {
      wrong.push(...badKeys(source, items));
    },
    Scalar(_, scalar) {
      if (typeof scalar.value === "number" && !Number.isFinite(scalar.value)) {
        wrong.push({ message: `${scalar.source ?? "this"} is not a JSON number`, ...placeOf(source, scalar) });
      }
    },
  });
  return { endless, wrong };
}

function badKeys(source: Source, pairs: readonly Pair[]): readonly Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, unknown>();
  const report = (key: unknown, message: string): void => {
    problems.push({ message, ...placeOf(source, key) });
  };
  for (const { key } of pairs) {
    const text = keyText(key);
    // JavaScript gives this key a meaning of its own.
    if (text === "__proto__") report(key, `"__proto__" cannot be a key`);
    else if (text === undefined) report(key, "a key must be a plain text");
    else if (!first.has(text)) first.set(text, key);
    else report(key, `duplicate key "${text}", first given at ${formatPlace(placeOf(source, first.get(text)))}`);
  }
  return problems;
}

function entriesOf<S extends string>(source: Source, nouns: Nouns<S>, problems: Problem[]): readonly Entry<S>[] {
  const entries: Entry<S>[] = [];
  for (const { key, value } of pairsOf(source, source.document.contents, "the file", problems)) {
    const section = keyText(key) ?? "";
    if (!isSection(section, nouns)) {
      const message = `unknown section "${section}"${didYouMean(section, Object.keys(nouns))}`;
      problems.push({ message, ...placeOf(source, key) });
      continue;
    }
    const named = new Map<string, Pair>();
    for (const pair of pairsOf(source, value, section, problems)) {
      const name = keyText(pair.key);
      // The second of two equal keys is reported already.
      if (name !== undefined && !named.has(name)) named.set(name, pair);
    }
    for (const [name, pair] of named) {
      const entry = entryOf(source, section, nouns, name, pair);
      // Whatever walks a value from here on may do so by calling itself.
      if (!isTooDeep(entry.raw)) entries.push(entry);
      else
        problems.push({ message: `"${name}" is nested deeper than ${DEPTH_MAX} levels`, ...placeOf(source, pair.key) });
    }
  }
  return entries;
}

function entryOf<S extends string>(source: Source, section: S, nouns: Nouns<S>, name: string, pair: Pair): Entry<S> {
  const value: unknown = isNode(pair.value) ? pair.value.toJS(source.document, { maxAliasCount: ALIASES_MAX }) : null;
  return {
    section,
    noun: nouns[section],
    name,
    raw: value ?? {},
    valuePlace: (path) => placeOf(source, locate(source, pair, path).value),
    keyPlace: (path) => placeOf(source, locate(source, pair, path).key),
  };
}

function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= DEPTH_MAX && level.length > 0; depth++) {
    level = level.flatMap((node): unknown[] => (typeof node === "object" && node !== null ? Object.values(node) : []));
  }
  return level.length > 0;
}

/** A section's or file's pairs. One that is left empty has none; anything but a mapping is a problem. */
function pairsOf(source: Source, node: unknown, what: string, problems: Problem[]): readonly Pair[] {
  const map = behindAlias(source, node);
  if (isMap(map)) return map.items;
  if (map !== null && !(isScalar(map) && map.value === null)) {
    problems.push({ message: `${what} must be a mapping`, ...placeOf(source, map) });
  }
  return [];
}

/** Follows a path as far as it goes and returns the last thing on it that is there. */
function locate(source: Source, from: Pair, path: Path): { key: unknown; value: unknown } {
  let found: { key: unknown; value: unknown } = from;
  for (const segment of path) {
    const node = behindAlias(source, found.value);
    const item = isSeq(node) ? node.items[Number(segment)] : undefined;
    const next = isMap(node)
      ? node.items.find(({ key }) => keyText(key) === String(segment))
      : item === undefined
        ? undefined
        : { key: item, value: item };
    if (next === undefined) break;
    found = next;
  }
  return found.value === null ? { key: found.key, value: found.key } : found;
}

function behindAlias(source: Source, node: unknown): unknown {
  return isAlias(node) ? node.resolve(source.document) : node;
}

function keyText(key: unknown): string | undefined {
  const value = isScalar(key) ? key.value : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

function placeOf(source: Source, node: unknown): Place {
  return placeAt(source, isNode(node) ? (node.range?.[0] ?? 0) : 0);
}

function placeAt({ file, lineCounter }: Source, offset: number): Place {
  const { line, col } = lineCounter.linePos(offset);
  return { file, line, column: col };
}

function isSection<S extends string>(key: string, nouns: Nouns<S>): key is S {
  return Object.hasOwn(nouns, key);
}
