/**
 * An index of rules that are changed one at a time. To make that of 100,000 rules takes more than a second, so a change
 * leaves it as it is: rules that are gone are left out of what it finds, and those that came since have a small index of
 * their own, which each change makes anew. Once that has grown, one index of all rules is worth its time: it is made beside
 * this one, which takes further changes meanwhile.
 */
import type { Pattern } from "./pattern.ts";
import type { RuleIndex, Unmatchable } from "./rule-index.ts";
import { indexInSlices, indexRules } from "./rule-index.ts";

/** So many changes make each further one, and each event, hardly dearer. */
const CHANGES_FEW = 250;

type Indexed = { readonly pattern: Pattern };

class LayeredIndex<Rule extends Indexed> implements RuleIndex<Rule> {
  readonly base: RuleIndex<Rule>;
  /** Rules of the base that are no more. */
  readonly gone: ReadonlySet<Rule>;
  readonly recent: RuleIndex<Rule>;
  #rules: readonly Rule[] | undefined;

  constructor(base: RuleIndex<Rule>, gone: ReadonlySet<Rule>, recent: RuleIndex<Rule>) {
    this.base = base;
    this.gone = gone;
    this.recent = recent;
  }

  get size(): number {
    return this.base.rules.length - this.gone.size + this.recent.rules.length;
  }

  /** Those of the base first. */
  get rules(): readonly Rule[] {
    this.#rules ??= [...this.base.rules.filter((rule) => !this.gone.has(rule)), ...this.recent.rules];
    return this.#rules;
  }

  match(event: Uint8Array, detailStart?: number): readonly Rule[] | Unmatchable {
    const found = this.base.match(event, detailStart);
    if (typeof found === "string") return found;
    const recent = this.recent.rules.length === 0 ? [] : this.recent.match(event, detailStart);
    if (typeof recent === "string") return recent;
    return [...(this.gone.size === 0 ? found : found.filter((rule) => !this.gone.has(rule))), ...recent];
  }
}

/**
 * Makes an index without some rules and with others, which come last, in slices of a few milliseconds. The one that is given
 * stays as it is. It takes as long as what came since the index of all rules was made.
 *
 * @param gone rules of the index, the same objects.
 */
export function* changedIndexInSlices<Rule extends Indexed>(
  index: RuleIndex<Rule>,
  gone: ReadonlySet<Rule>,
  added: readonly Rule[],
): Generator<void, RuleIndex<Rule>> {
  const { base, gone: goneBefore, recent } = layersOf(index);
  const stayed = recent.rules.filter((rule) => !gone.has(rule));
  const ofRecent = new Set(recent.rules);
  const goneOfBase = [...gone].filter((rule) => !ofRecent.has(rule));
  const changed = yield* indexInSlices([...stayed, ...added]);
  return new LayeredIndex(base, new Set([...goneBefore, ...goneOfBase]), changed);
}

/** Whether so much of an index was changed that it should be made anew. */
export function isWorthRenewing<Rule extends Indexed>(index: RuleIndex<Rule>): boolean {
  const { gone, recent } = layersOf(index);
  return gone.size + recent.rules.length > CHANGES_FEW;
}

/** How many rules an index has, without listing them. */
export function sizeOf<Rule extends Indexed>(index: RuleIndex<Rule>): number {
  return layersOf(index).size;
}

function layersOf<Rule extends Indexed>(index: RuleIndex<Rule>): LayeredIndex<Rule> {
  return index instanceof LayeredIndex
    ? (index as LayeredIndex<Rule>)
    : new LayeredIndex(index, new Set(), indexRules([]));
}
