import type { Alias, Node, Pair, YAMLMap } from "yaml";
import { isAlias, isMap, isPair, isScalar, isSeq, Scalar } from "yaml";

/** YAML's merge keys: `<<: *defaults` takes over the pairs of another mapping, or of several, that its own lacks. */
const MERGE_KEY = "<<";

/** How many pairs a file may take over from others. */
const TAKEN_PAIRS_MAX = 100_000;

/** How many keys and values a file with merge keys may come to, each counted wherever it is taken over. */
const NODES_MAX = 1_000_000;

interface MergeProblem {
  readonly message: string;
  readonly node: unknown;
}

interface Aliases {
  readonly anchored: ReadonlyMap<Alias, Node>;
}

/** Whether a key is a merge key: in quotes it is a key like any other. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === MERGE_KEY && key.type === Scalar.PLAIN;
}

/**
 * Puts what merge keys refer to in their place. The pairs taken over stay the same nodes, so that mistakes in them have
 * the place where they are written. The package could merge by itself, but counts no alias behind a merge key: a few lines
 * that merge each other would make a value without bounds.
 *
 * @param maps every mapping of a file, in its order
 */
export function mergeKeyProblems(maps: readonly YAMLMap[], aliases: Aliases): readonly MergeProblem[] {
  const problems: MergeProblem[] = [];
  const merged = new Set<YAMLMap>();
  let takenCount = 0;

  function merge(map: YAMLMap): void {
    const mergePair = map.items.find(({ key }) => isMergeKey(key));
    if (mergePair === undefined || merged.has(map)) return;
    merged.add(map);
    const own = map.items.filter(({ key }) => !isMergeKey(key));
    const names = new Set(own.map(({ key }) => nameOf(key)));
    const taken: Pair[] = [];
    for (const from of sourcesOf(mergePair)) {
      merge(from);
      if (takenCount + taken.length > TAKEN_PAIRS_MAX) break;
      for (const pair of from.items) {
        if (names.has(nameOf(pair.key))) continue;
        names.add(nameOf(pair.key));
        taken.push(pair);
      }
    }
    takenCount += taken.length;
    map.items = [...taken, ...own];
  }

  function sourcesOf({ key, value }: Pair): readonly YAMLMap[] {
    const target = behind(value);
    const sources = (isSeq(target) ? target.items : [target]).map(behind);
    if (sources.every((source) => isMap(source))) return sources;
    problems.push({ message: `${MERGE_KEY} must be a mapping or a list of mappings, such as *defaults`, node: key });
    return [];
  }

  function behind(node: unknown): unknown {
    return isAlias(node) ? aliases.anchored.get(node) : node;
  }

  for (const map of maps) merge(map);
  const [root] = maps;
  if (merged.size > 0 && root !== undefined && problems.length === 0) {
    const isTooMuch = takenCount > TAKEN_PAIRS_MAX || sizeOf(root, aliases, new Map()) > NODES_MAX;
    if (isTooMuch) problems.push({ message: "takes over more by << than a configuration can hold", node: root });
  }
  return problems;
}

function nameOf(key: unknown): unknown {
  return isScalar(key) ? String(key.value) : key;
}

/** How many nodes a value comes to; each node is counted once and remembered. */
function sizeOf(node: unknown, aliases: Aliases, known: Map<unknown, number>): number {
  if (isAlias(node)) return sizeOf(aliases.anchored.get(node), aliases, known);
  if (isPair(node)) return sizeOf(node.value, aliases, known) + 1;
  if (!isMap(node) && !isSeq(node)) return 1;
  let size = known.get(node);
  if (size === undefined) {
    size = 1;
    for (const item of node.items) size += sizeOf(item, aliases, known);
    known.set(node, size);
  }
  return size;
}
