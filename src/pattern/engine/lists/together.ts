import type { RuleConditions } from "../conditions.ts";
import { IntList } from "../ints/int-list.ts";
import { NO_ELEMENT } from "./list-elements.ts";
import type { FieldRow } from "./rarest-condition.ts";
import { RarestCondition } from "./rarest-condition.ts";

/** What `holds` answers. Where the steps are spent, it says `no`, and nothing that was found counts. */
export type Holding = "yes" | "no" | "lists beside each other";

const SPLIT = -2;

/**
 * Fields that hold together are found in a few steps for each value. What takes more has lists beside each other that
 * bind the same fields; they may take so many more, and then the event is too costly to match.
 */
const STEPS_PER_VALUE = 16;
const FURTHER_STEPS_MAX = 1_000_000;

/** Trying the elements around rare values one by one may take as long as trying all at once; it is given up then. */
const STEPS_AROUND_PER_VALUE = 2;
const FURTHER_STEPS_AROUND = 1_000;

/** A search by halves, in steps. */
const SEARCH_STEPS = 4;

/** Lookups count up to here and begin anew. */
const LOOKUPS_MAX = 2 ** 30;

/**
 * Whether fields hold together where lists are: fields below the same list must hold in the same element of it. It does
 * what the plain matcher does, field by field with the choices that are left, on what was found while the event was
 * read instead of on the event. A choice is one element, and with it the elements around it; where it would be elements
 * of lists beside each other, the plain matcher is to be asked.
 *
 * A field that few values fit goes first: only what lies in the same elements is then tried, so that an event with
 * many elements and many rules does not cost their product. Other lists in these elements would be walked
 * anew for each value, so that the fields are tried in their order where that takes long.
 */
export class Together {
  readonly #asked: RuleConditions;
  readonly #rarest: RarestCondition;
  #choices = new IntList();
  #found = new IntList();
  /** By element, and one more for none: the last lookup that chose it. */
  readonly #chosen = new IntList();
  #lookup = 0;
  /** Below it, what is being tried has taken too many steps. */
  #stepsLeastLeft = 0;

  constructor(asked: RuleConditions) {
    this.#asked = asked;
    this.#rarest = new RarestCondition(asked);
  }

  holds(row: FieldRow): Holding {
    const { occurrences } = this.#asked;
    const { steps, count } = occurrences;
    this.#asked.groupByField();
    if (this.#lookup > LOOKUPS_MAX) {
      this.#chosen.items.fill(0);
      this.#lookup = 0;
    }
    this.#chosen.extend(occurrences.lists.outer.length + 1);
    const rarest = row.isUnordered ? this.#rarest.of(row) : -1;
    if (rarest >= 0) {
      this.#stepsLeastLeft = steps.left - STEPS_AROUND_PER_VALUE * count - FURTHER_STEPS_AROUND;
      const verdict = this.#holdsAround(row, rarest);
      if (steps.left >= this.#stepsLeastLeft) return verdict;
    }
    this.#stepsLeastLeft = Math.max(0, steps.left - STEPS_PER_VALUE * count * row.places.length - FURTHER_STEPS_MAX);
    const verdict = this.#holdsWithin(row, NO_ELEMENT);
    if (steps.left < this.#stepsLeastLeft) steps.left = -1;
    return verdict;
  }

  /** Tries the elements that hold a value which fits the rarest condition, one after the other. */
  #holdsAround(row: FieldRow, rarest: number): Holding {
    const { conditions } = this.#asked.predicates;
    const end = conditions.starts.at(rarest + 1);
    for (let place = conditions.starts.at(rarest); place < end; place++) {
      const verdict = this.#holdsAroundFits(row, conditions.items.at(place));
      if (verdict !== "no") return verdict;
    }
    return "no";
  }

  #holdsAroundFits(row: FieldRow, predicate: number): Holding {
    const { occurrences } = this.#asked;
    const end = this.#rarest.fitsEnd(predicate);
    let previous = SPLIT;
    for (let fit = this.#rarest.fitsStart(predicate); fit < end; fit++) {
      const element = occurrences.elementOf(this.#rarest.occurrenceAt(fit));
      if (element === previous) continue;
      previous = element;
      const verdict = this.#holdsWithin(row, element);
      if (verdict !== "no" || occurrences.steps.left < this.#stepsLeastLeft) return verdict;
    }
    return "no";
  }

  /** Whether the fields hold together in the elements around, and including, the given one. */
  #holdsWithin(row: FieldRow, within: number): Holding {
    this.#choices.length = 0;
    this.#choices.push(NO_ELEMENT);
    const { steps } = this.#asked.occurrences;
    for (let index = 0; index < row.places.length; index++) {
      const place = row.places.at(index);
      const isSplit = this.#lookUp(row.conditions[place] as number, row.sharedLater[place] as number, within);
      if (steps.left < this.#stepsLeastLeft) return "no";
      if (isSplit) return "lists beside each other";
      if (this.#found.length === 0) return "no";
      [this.#choices, this.#found] = [this.#found, this.#choices];
    }
    return "yes";
  }

  /** Finds the choices that are left after one more field. Returns whether they cannot be known. */
  #lookUp(condition: number, sharedLater: number, within: number): boolean {
    const asked = this.#asked;
    const { predicates, byField } = asked;
    const { occurrences } = asked;
    const { steps } = occurrences;
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
      steps.left--;
      while (at < end) {
        if (--steps.left < this.#stepsLeastLeft) return false;
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
    const { steps } = this.#asked.occurrences;
    for (let element = choice; element !== NO_ELEMENT; element = outer.at(element)) {
      const start = starts.at(element);
      // Inside of the element is inside of all around it.
      if (position >= start && position < ends.at(element)) return position;
      steps.left--;
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
    occurrences.steps.left -= SEARCH_STEPS;
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
    const { lists, listShorter, listSteps } = this.#asked.occurrences.lists;
    let kept = choice;
    while (kept !== NO_ELEMENT && listSteps.at(lists.at(kept)) > sharedLater) kept = listShorter.at(lists.at(kept));
    return kept;
  }

  /** The inner one of two elements of which one is around the other. */
  #join(one: number, other: number): number {
    const inner = Math.max(one, other);
    if (one === other || Math.min(one, other) === NO_ELEMENT) return inner;
    const { starts, ends } = this.#asked.occurrences.lists;
    // An element has a greater number, and begins later, than those around it.
    return starts.at(inner) < ends.at(Math.min(one, other)) ? inner : SPLIT;
  }
}
