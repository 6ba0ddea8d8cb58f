import type { Alternative, Field } from "../pattern.ts";
import type { FieldTrie } from "./field-trie.ts";
import { IntList, IntLists } from "./ints/int-list.ts";
import { IntRows } from "./ints/int-rows.ts";
import type { Predicates } from "./predicates.ts";
import { ABSENT, FOUND } from "./predicates.ts";

/** Beside it, no number of alternatives that share values weighs anything: that a field is there says little. */
const PRESENCE_COST = 1e9;

/** So many alternatives are filed between two pauses. */
const SLICE = 1_000;

/**
 * The alternatives of all rules' patterns. Each is filed under the predicates of one of its conditions, one of which is
 * met wherever the alternative holds: of the condition that the fewest others share. So a value that stands in every
 * rule leads to none of them, and an event is held beside the few that its rarest values lead to.
 */
export class Alternatives {
  /** The rule of each. */
  readonly rules = new IntList();
  readonly conditions = new IntRows();
  /** By place in `conditions`: see `Field.stepsSharedLater`. */
  readonly sharedLater = new IntList();
  /** By alternative: the most steps that two of its fields have in common, and whether their order does not matter. */
  readonly shared = new IntList();
  readonly unordered = new IntList();
  /** By predicate: the alternatives that are filed under it. */
  readonly filed = new IntLists();
  /** Those that cannot be filed, since nothing has to be there where they hold. */
  readonly always = new IntList();
  readonly #trie: FieldTrie;
  readonly #predicates: Predicates;
  /** By predicate: how many alternatives ask it. */
  readonly #uses = new IntList();

  constructor(trie: FieldTrie, predicates: Predicates) {
    this.#trie = trie;
    this.#predicates = predicates;
  }

  get count(): number {
    return this.rules.length;
  }

  add({ fields }: Alternative, rule: number): void {
    const row = fields.map((field) => this.#predicates.condition(field, this.#trie.add(field.name, field.steps)));
    this.#uses.extend(this.#predicates.count);
    for (const condition of row) {
      for (const predicate of this.#predicatesOf(condition)) {
        this.#uses.items[predicate] = this.#uses.at(predicate) + 1;
      }
    }
    this.rules.push(rule);
    this.conditions.add(row);
    for (const field of fields) this.sharedLater.push(field.stepsSharedLater);
    this.shared.push(fields.reduce((most, field) => Math.max(most, field.stepsSharedLater), 0));
    this.unordered.push(isUnordered(fields) ? 1 : 0);
  }

  /** Files all of them, with pauses. */
  *seal(): Generator<void> {
    this.filed.heads.extend(this.#predicates.count);
    for (let alternative = 0; alternative < this.count; alternative++) {
      const best = this.#best(alternative);
      if (best.length === 0) this.always.push(alternative);
      for (const predicate of best) this.filed.add(predicate, alternative);
      if (alternative % SLICE === SLICE - 1) yield;
    }
  }

  /** By predicate: 1 where an alternative is filed under it. */
  isFiled(): Uint8Array {
    const isFiled = new Uint8Array(this.#predicates.count);
    for (let predicate = 0; predicate < isFiled.length; predicate++)
      isFiled[predicate] = Math.min(this.filed.first(predicate), 1);
    return isFiled;
  }

  /** The predicates of the condition that the fewest alternatives share; none when all may be absent. */
  #best(alternative: number): readonly number[] {
    let best: readonly number[] = [];
    let least = Infinity;
    const end = this.conditions.starts.at(alternative + 1);
    for (let place = this.conditions.starts.at(alternative); place < end; place++) {
      const predicates = this.#keysOf(this.conditions.items.at(place));
      const uses = predicates.keys.reduce((sum, predicate) => sum + this.#uses.at(predicate), predicates.cost);
      if (predicates.keys.length === 0 || uses >= least) continue;
      best = predicates.keys;
      least = uses;
    }
    return best;
  }

  /** What is met wherever a condition holds: one of its predicates, or some value. */
  #keysOf(condition: number): { keys: readonly number[]; cost: number } {
    const { kinds, presence, conditionFields } = this.#predicates;
    const predicates = this.#predicatesOf(condition);
    const some = presence.at(conditionFields.at(condition));
    if (predicates.some((predicate) => kinds.at(predicate) === ABSENT)) return { keys: [], cost: 0 };
    const isListed = predicates.every((predicate) => kinds.at(predicate) === FOUND && predicate !== some);
    return isListed ? { keys: predicates, cost: 0 } : { keys: [some], cost: PRESENCE_COST };
  }

  #predicatesOf(condition: number): readonly number[] {
    const only = this.#predicates.only.at(condition);
    if (only >= 0) return [only];
    return Array.from(this.#predicates.conditions.row(condition));
  }
}

/** A field that lies below another's is not in the elements in which the other finds plain values. */
function isUnordered(fields: readonly Field[]): boolean {
  const names = new Set(fields.map(({ name }) => name));
  return fields.every(({ name, mayBeAbsent }) => !mayBeAbsent && !liesBelowAny(name, names));
}

function liesBelowAny(name: string, names: ReadonlySet<string>): boolean {
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    if (names.has(name.slice(0, dot))) return true;
  }
  return false;
}
