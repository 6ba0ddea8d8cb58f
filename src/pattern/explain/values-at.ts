import type { Json, JsonObject } from "../../json/json.ts";
import { isRawNumber } from "../../json/json.ts";
import { EVENT_LEVELS_MAX } from "../../json/depth.ts";
import { readNumeral } from "../../json/numeral.ts";
import type { Scalar } from "../pattern.ts";

/** Paths of fields, one step to a node, so that an event is walked once for all of them and only where they lead. */
export interface PathTree {
  readonly next: ReadonlyMap<string, PathTree>;
  /** The path's name, where one ends here. */
  readonly name?: string;
}

/** The values of an event that stand at each path of a tree; paths without a value are left out. */
export type ValuesByPath = ReadonlyMap<string, ReadonlySet<Scalar>>;

/**
 * Makes the tree of some paths.
 * @param paths fields' names, dots and nesting written alike
 */
export function pathTree(paths: Iterable<string>): PathTree {
  const root: { name?: string; next: Map<string, PathTree> } = { next: new Map() };
  for (const path of paths) {
    let node = root;
    for (const step of path.split(".")) {
      const next = (node.next.get(step) as typeof root | undefined) ?? { next: new Map() };
      node.next.set(step, next);
      node = next;
    }
    node.name = path;
  }
  return root;
}

/**
 * Finds what the plain matcher finds under the paths: arrays are no steps, a dot is as good as a level, and values
 * that are nested too deeply for it are not found.
 */
export function valuesAt(tree: PathTree, event: JsonObject): ValuesByPath {
  const found = new Map<string, Set<Scalar>>();
  collect(tree, event, found, 0);
  return found;
}

function collect(node: PathTree, value: Json, found: Map<string, Set<Scalar>>, level: number): void {
  if (level > EVENT_LEVELS_MAX) return;
  if (Array.isArray(value)) {
    for (const element of value as readonly Json[]) collect(node, element, found, level + 1);
  } else if (typeof value === "object" && value !== null && !isRawNumber(value)) {
    if (node.next.size === 0) return;
    for (const key of Object.keys(value)) {
      const next = follow(node, key);
      if (next !== undefined) collect(next, (value as JsonObject)[key] ?? null, found, level + 1);
    }
  } else if (node.name !== undefined) {
    const scalar = isRawNumber(value) ? readNumeral(value.rawJSON) : value;
    const values = found.get(node.name);
    if (values === undefined) found.set(node.name, new Set([scalar]));
    else values.add(scalar);
  }
}

function follow(node: PathTree, key: string): PathTree | undefined {
  if (!key.includes(".")) return node.next.get(key);
  let reached: PathTree | undefined = node;
  for (const step of key.split(".")) reached = reached?.next.get(step);
  return reached;
}
