import type { Conditions } from "./conditions.ts";
import { Groups } from "./groups.ts";
import { IntList } from "./int-list.ts";
import { NO_ELEMENT } from "./list-elements.ts";

/** The fields of an alternative: what each asks, and how many steps it, or one before it, shares with a later one. */
export interface FieldRow {
  readonly conditions: Int32Array;
  readonly sharedLater: Int32Array;
  readonly start: number;
  readonly end: number;
  /** No field may be absent or lies below another, so that their order does not matter. */
  readonly isUnordered: boolean;
}

/** What `holds` answers. */
export type Verdict = "yes" | "no" | "lists beside each other";

const SPLIT = -2;

/** Lookups count up to here and begin anew. */
const LOOKUPS_MAX = 2 ** 30;

/**
 * Whether fields hold together where lists are: fields below the same list must hold in the same element of it. It does
 * what the plain matcher does, field by field with the choices that are left, on what was found while the event was
 * read instead of on the event. A choice is one element, and with it the elements around it; where it would be elements
 * of lists beside each other, the plain matcher is to be asked.
 *
 * A field that few values fit goes first: only what lies in the same elements as they is then looked at, so that an
 * event with many elements and many rules does not cost their product.
 */
export class Together {
  readonly #asked: Conditions;
  /** Occurrences by the predicates that they fit. */
  readonly #byPredicate: Groups;
  readonly #hitOccurrences = new IntList();
  #choices = new IntList();
  #found = new IntList();
  /** By element, and one more for none: the last lookup that chose it. */
  readonly #chosen = new IntList();
  #lookup = 0;
  #groupedEvent = 0;

  constructor(asked: Conditions) {
    this.#asked = asked;
    this.#byPredicate = new Groups(asked.predicates.count);
  }

  holds(row: FieldRow): Verdict {
    const { occurrences } = this.#asked;
    this.#asked.groupByField();
    if (this.#lookup > LOOKUPS_MAX) {
      this.#chosen.items.fill(0);
      this.#lookup = 0;
    }
    this.#chosen.extend(occurrences.lists.outer.length + 1);
    const rarest = row.isUnordered ? this.#rarest(row) : -1;
    return rarest < 0 ? this.#holdsWithin(row, NO_ELEMENT) : this.#holdsAround(row, rarest);
  }

  /** Tries the elements that hold a value which fits the rarest predicate, one after the other. */
  #holdsAround(row: FieldRow, rarest: number): Verdict {
    const { occurrences } = this.#asked;
    const start = this.#byPredicate.start(rarest);
    const end = start + this.#byPredicate.count(rarest);
    let previous = SPLIT;
    for (let index = start; index < end; index++) {
      const element = occurrences.elementOf(this.#hitOccurrences.at(this.#byPredicate.items[index] as number));
      if (element === previous) continue;
      previous = element;
      const verdict = this.#holdsWithin(row, element);
      if (verdict !== "no") return verdict;
    }
    return "no";
  }

  /** The predicate alone in its condition that the fewest values fit; -1 when there is none. */
  #rarest({ conditions, start, end }: FieldRow): number {
    const { occurrences, predicates } = this.#asked;
    this.#groupHits();
    let rarest = -1;
    let fewest = occurrences.count / 4;
    for (let place = start; place < end; place++) {
      const only = predicates.only.at(conditions[place] as number);
      if (only < 0 || this.#byPredicate.count(only) === 0 || this.#byPredicate.count(only) > fewest) continue;
      rarest = only;
      fewest = this.#byPredicate.count(only);
    }
    return rarest;
  }

  #groupHits(): void {
    const { occurrences } = this.#asked;
    if (this.#groupedEvent === occurrences.event) return;
    this.#groupedEvent = occurrences.event;
    this.#hitOccurrences.length = 0;
    for (let occurrence = 0; occurrence < occurrences.count; occurrence++) {
      const end = occurrences.hitsEnd(occurrence);
      while (this.#hitOccurrences.length < end) this.#hitOccurrences.push(occurrence);
    }
    const { hits, hitCount, event } = occurrences;
    this.#byPredicate.make(event, hitCount, hits);
  }

  /** Whether the fields hold together in the elements around, and including, the given one. */
  #holdsWithin(row: FieldRow, within: number): Verdict {
    this.#choices.length = 0;
    this.#choices.push(NO_ELEMENT);
    for (let place = row.start; place < row.end; place++) {
      const isSplit = this.#lookUp(row.conditions[place] as number, row.sharedLater[place] as number, within);
      if (isSplit) return "lists beside each other";
      if (this.#found.length === 0) return "no";
      [this.#choices, this.#found] = [this.#found, this.#choices];
    }
    return "yes";
  }

  /** Finds the choices that are left after one more field. Returns whether they cannot be told. */
  #lookUp(condition: number, sharedLater: number, within: number): boolean {
    const asked = this.#asked;
    const { predicates, byField } = asked;
    const { occurrences } = asked;
    const field = predicates.conditionFields.at(condition);
    const end = byField.start(field) + byField.count(field);
    const mayBeAbsent = predicates.only.at(condition) < 0 && asked.mayBeAbsent(condition);
    asked.want(condition);
    this.#lookup++;
    this.#found.length = 0;
    for (let index = 0; index < this.#choices.length; index++) {
      const choice = this.#choices.at(index);
      const outside = this.#forget(choice, sharedLater);
      let values = 0;
      let element = NO_ELEMENT;
      let own = NO_ELEMENT;
      let at = end - byField.count(field);
      while (at < end) {
        const occurrence = byField.items[at] as number;
        const position = occurrences.positionOf(occurrence);
        const next = this.#nextAllowed(choice, this.#nextAllowed(within, position));
        if (next !== position) {
          at = this.#firstFrom(next, at + 1, end);
          continue;
        }
        at++;
        values++;
        if (occurrences.elementOf(occurrence) !== element) {
          element = occurrences.elementOf(occurrence);
          own = this.#forget(element, sharedLater);
        }
        const kept = this.#join(outside, own);
        if (kept === SPLIT) return true;
        if (this.#chosen.at(kept + 1) !== this.#lookup && asked.fits(occurrence)) this.#add(kept);
      }
      if (mayBeAbsent && values === 0) this.#add(outside);
    }
    return false;
  }

  #add(choice: number): void {
    if (this.#chosen.at(choice + 1) === this.#lookup) return;
    this.#chosen.items[choice + 1] = this.#lookup;
    this.#found.push(choice);
  }

  /** The first place from a given one on that is in no other element of the lists in which one was chosen. */
  #nextAllowed(choice: number, position: number): number {
    const { outer, lists, starts, ends, listStarts, listEnds } = this.#asked.occurrences.lists;
    for (let element = choice; element !== NO_ELEMENT; element = outer.at(element)) {
      const start = starts.at(element);
      // Inside of the element is inside of all around it.
      if (position >= start && position < ends.at(element)) return position;
      const list = lists.at(element);
      if (position < listStarts.at(list) || position >= listEnds.at(list)) continue;
      return position < start ? start : listEnds.at(list);
    }
    return position;
  }

  /** The first occurrence of a field at a place or behind it. */
  #firstFrom(position: number, from: number, to: number): number {
    const { items } = this.#asked.byField;
    const { occurrences } = this.#asked;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (occurrences.positionOf(items[middle] as number) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Leaves out the lists which no later field lies below. */
  #forget(choice: number, sharedLater: number): number {
    const { outer, lists, listSteps } = this.#asked.occurrences.lists;
    let kept = choice;
    while (kept !== NO_ELEMENT && listSteps.at(lists.at(kept)) > sharedLater) kept = outer.at(kept);
    return kept;
  }

  /** The inner one of two elements of which one is around the other. */
  #join(one: number, other: number): number {
    const inner = Math.max(one, other);
    if (one === other || Math.min(one, other) === NO_ELEMENT) return inner;
    let around = inner;
    // An element has a greater number than those around it.
    while (around > one || around > other) around = this.#asked.occurrences.lists.outer.at(around);
    return around === Math.min(one, other) ? inner : SPLIT;
  }
}
