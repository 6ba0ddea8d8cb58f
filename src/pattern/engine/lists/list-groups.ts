import type { FieldTrie } from "../field-trie.ts";
import { Groups } from "../ints/groups.ts";
import { IntList } from "../ints/int-list.ts";
import type { Occurrences } from "../occurrences.ts";
import type { Predicates } from "../predicates.ts";

/** The root of the trie stands for fields above which the event has no list. */
const NO_LIST = 0;

/** Turns count up to here and begin anew. */
const TURNS_MAX = 2 ** 30;

/**
 * Divides the fields of an alternative by the lists of an event that they lie in. Two fields that lie below one list
 * have the same outermost list above them. So fields whose outermost lists differ share none, and hold together exactly
 * when each group does by itself: `items` and `payments` are tried one after the other, never against each other.
 */
export class ListGroups {
  readonly #trie: FieldTrie;
  readonly #predicates: Predicates;
  readonly #occurrences: Occurrences;
  readonly #outermost = new IntList();
  #groups: Groups;
  #turn = 0;
  #start = 0;

  constructor(trie: FieldTrie, predicates: Predicates, occurrences: Occurrences) {
    this.#trie = trie;
    this.#predicates = predicates;
    this.#occurrences = occurrences;
    this.#groups = new Groups(trie.nodeCount);
  }

  /** Divides the fields whose conditions stand at the places from `start` to before `end`. */
  divide(conditions: Int32Array, start: number, end: number): void {
    if (++this.#turn > TURNS_MAX) {
      this.#groups = new Groups(this.#trie.nodeCount);
      this.#turn = 1;
    }
    this.#start = start;
    this.#outermost.length = 0;
    for (let place = start; place < end; place++) {
      this.#outermost.push(this.#outermostList(this.#predicates.conditionFields.at(conditions[place] as number)));
    }
    this.#groups.make(this.#turn, end - start, this.#outermost.items);
  }

  /** The places of the group that begins with the field at a place; none when the field is not the first of its group. */
  groupAt(place: number, places: IntList): void {
    const group = this.#outermost.at(place - this.#start);
    const first = this.#groups.start(group);
    places.length = 0;
    if (this.#groups.items[first] !== place - this.#start) return;
    for (let index = first; index < first + this.#groups.count(group); index++) {
      places.push(this.#start + (this.#groups.items[index] as number));
    }
  }

  isInList(place: number): boolean {
    return this.#outermost.at(place - this.#start) !== NO_LIST;
  }

  /** The node of the outermost list above a field, or at it. */
  #outermostList(field: number): number {
    const { above, nodes } = this.#trie;
    const { nodeEvents } = this.#occurrences.lists;
    let outermost = NO_LIST;
    for (let node = nodes.at(field); node !== NO_LIST; node = above.at(node)) {
      if (nodeEvents[node] === this.#occurrences.event) outermost = node;
    }
    return outermost;
  }
}
