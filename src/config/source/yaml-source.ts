import type { Alias, Document, Node, Pair, Scalar, YAMLMap } from "yaml";
import { isAlias, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { isRawNumber } from "../../json/json.ts";
import type { ConfigFile } from "./files.ts";
import { mergeKeyProblems, isMergeKey } from "./merge-keys.ts";
import { formatPlace, type Place, type Problem } from "./problem.ts";
import { keptNumber } from "./yaml-number.ts";

/** A parsed file, and what finds the places in it. */
export interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lineCounter: LineCounter;
  /** What each alias stands for; not in it when there is no such anchor before it. */
  readonly anchored: Map<Alias, Node>;
}

/** How often a file's anchors may be used all together: the "billion laughs" ends here. */
export const ALIASES_MAX = 100;

/** The tags of what JSON has too. Others make dates, sets and bytes. */
const JSON_TAGS: ReadonlySet<string> = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

const TAG_PREFIX = "tag:yaml.org,2002:";

/**
 * Parses a file's text. Numbers that a double cannot hold are kept as `parseExactly` keeps them, and merge keys are
 * replaced by what they refer to.
 *
 * `broken` is what leaves nothing to go on with; `wrong` is wrong in some place. The package throws for what it finds
 * only later: a ReferenceError for too many aliases, a RangeError when nesting exhausts the stack.
 */
export function parseSource({ path: file, text }: ConfigFile): {
  readonly source: Source;
  readonly broken: readonly Problem[];
  readonly wrong: readonly Problem[];
} {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "error",
    // Whatever version a file says it has: a later one changes what a plain `yes` is.
    schema: "core",
  });
  const source: Source = { file, document, lineCounter, anchored: new Map() };
  const unread = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    message: code === "MULTIPLE_DOCS" ? "begins a second YAML document: one document a file" : message,
    ...placeAt(source, pos[0]),
  }));
  const { broken, wrong, maps } = badNodes(source);
  // What cannot be read, and an anchor within itself, which would be a value without end, must not be merged.
  if (unread.length + broken.length > 0) return { source, broken: [...unread, ...broken], wrong };
  const unmerged = mergeKeyProblems(maps, source).map(({ message, node }) => ({ message, ...placeOf(source, node) }));
  return { source, broken: unmerged, wrong };
}

/**
 * What YAML lets pass and a configuration cannot mean: aliases of nothing and anchors within themselves, and, as `wrong`,
 * duplicate or odd keys, and values that JSON does not have. Found in one walk, since it takes a good part of the time
 * that a large file needs; the walk also keeps long numbers, and lists the maps.
 */
function badNodes(source: Source) {
  const broken: Problem[] = [];
  const wrong: Problem[] = [];
  const maps: YAMLMap[] = [];
  const anchors = new Map<string, Node>();
  const checkNode = (node: Exclude<Node, Alias>): void => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (node.tag === undefined || JSON_TAGS.has(node.tag) || !node.tag.startsWith(TAG_PREFIX)) return;
    const message = `the tag !!${node.tag.slice(TAG_PREFIX.length)} makes a value that JSON does not have`;
    wrong.push({ message, ...placeOf(source, node) });
  };
  visit(source.document, {
    Alias(_, alias, path) {
      const node = anchors.get(alias.source);
      if (node !== undefined) source.anchored.set(alias, node);
      if (node !== undefined && !path.includes(node)) return;
      const what = `anchor "${alias.source}"`;
      const message = node === undefined ? `there is no ${what} before this` : `${what} contains itself`;
      broken.push({ message, ...placeOf(source, alias) });
    },
    Map(_, map) {
      checkNode(map);
      maps.push(map);
      for (const { key } of map.items) if (isScalar(key)) keepLongKey(key);
      wrong.push(...badKeys(source, map.items));
    },
    Seq(_, list) {
      checkNode(list);
    },
    Scalar(_, scalar) {
      checkNode(scalar);
      if (typeof scalar.value !== "number") return;
      const kept = keptNumber(scalar.value, scalar.source);
      if (kept !== undefined) scalar.value = kept;
      else wrong.push({ message: `${scalar.source ?? "this"} is not a JSON number`, ...placeOf(source, scalar) });
    },
  });
  return { broken, wrong, maps };
}

/** A key is a text: one of more digits than a double holds is the text that the file has. */
function keepLongKey(key: Scalar): void {
  if (typeof key.value === "number" && isRawNumber(keptNumber(key.value, key.source))) key.value = key.source;
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
    else {
      const advice = isMergeKey(key) ? ": give it a list" : "";
      const place = formatPlace(placeOf(source, first.get(text)));
      report(key, `duplicate key "${text}", first given at ${place}${advice}`);
    }
  }
  return problems;
}

/** Follows an alias; anything else stands for itself. */
export function behindAlias({ anchored }: Pick<Source, "anchored">, node: unknown): unknown {
  return isAlias(node) ? anchored.get(node) : node;
}

/** A key as a text; undefined when it is a list, a mapping or nothing. */
export function keyText(key: unknown): string | undefined {
  const value = isScalar(key) ? key.value : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

export function placeOf(source: Source, node: unknown): Place {
  return placeAt(source, isNode(node) ? (node.range?.[0] ?? 0) : 0);
}

function placeAt({ file, lineCounter }: Source, offset: number): Place {
  const { line, col } = lineCounter.linePos(offset);
  return { file, line, column: col };
}
