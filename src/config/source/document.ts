import { isMap, isNode, isScalar, isSeq, type Pair } from "yaml";
import type { ConfigFile } from "./files.ts";
import { didYouMean } from "../../text/nearest.ts";
import type { Place, Problem } from "./problem.ts";
import { ALIASES_MAX, behindAlias, keyText, parseSource, placeOf, type Source } from "./yaml-source.ts";

export type Path = readonly (string | number)[];

/** One named thing of a section, as the file says it, and the way back from its parts to their places. */
export interface Entry<S extends string = string> {
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

export interface ParsedFile<S extends string = string> {
  /** False when the file could not be taken apart, so that nothing is known of what it says. */
  readonly legible: boolean;
  readonly entries: readonly Entry<S>[];
  readonly problems: readonly Problem[];
}

/** The sections that a file may have, each with what one of its entries is called. */
type Nouns<S extends string> = Readonly<Record<S, string>>;

const DEPTH_MAX = 100;
const NONE: ReadonlySet<string> = new Set();

interface Sections<S extends string> {
  readonly nouns: Nouns<S>;
  readonly single: ReadonlySet<string>;
}

/**
 * Parses one file and takes it apart into the entries of its sections.
 *
 * @param single the sections that are one entry each, called as the section.
 */
export function parseFile<S extends string>(
  configFile: ConfigFile,
  nouns: Nouns<S>,
  single: ReadonlySet<string> = NONE,
): ParsedFile<S> {
  try {
    const { source, broken, wrong } = parseSource(configFile);
    if (broken.length > 0) return illegible(broken);
    const problems = [...wrong];
    return { legible: true, entries: entriesOf(source, { nouns, single }, problems), problems };
  } catch (error) {
    const file = configFile.path;
    if (error instanceof ReferenceError)
      return illegible([{ message: `uses its anchors more than ${ALIASES_MAX} times`, file }]);
    if (error instanceof RangeError) return illegible([{ message: "is nested too deeply", file }]);
    throw error;
  }
}

function illegible(problems: readonly Problem[]): ParsedFile<never> {
  return { legible: false, entries: [], problems };
}

function entriesOf<S extends string>(
  source: Source,
  { nouns, single }: Sections<S>,
  problems: Problem[],
): readonly Entry<S>[] {
  const entries: Entry<S>[] = [];
  for (const sectionPair of pairsOf(source, source.document.contents, "the file", problems)) {
    const { key } = sectionPair;
    const section = keyText(key) ?? "";
    if (!isSection(section, nouns)) {
      const message = `unknown section "${section}"${didYouMean(section, Object.keys(nouns))}`;
      problems.push({ message, ...placeOf(source, key) });
      continue;
    }
    const named = single.has(section)
      ? [[section, sectionPair] as const]
      : namedPairs(source, section, sectionPair, problems);
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

function namedPairs(
  source: Source,
  section: string,
  { value }: Pair,
  problems: Problem[],
): Iterable<readonly [string, Pair]> {
  const named = new Map<string, Pair>();
  for (const pair of pairsOf(source, value, section, problems)) {
    const name = keyText(pair.key);
    // The second of two equal keys is reported already.
    if (name !== undefined && !named.has(name)) named.set(name, pair);
  }
  return named;
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

function isSection<S extends string>(key: string, nouns: Nouns<S>): key is S {
  return Object.hasOwn(nouns, key);
}
