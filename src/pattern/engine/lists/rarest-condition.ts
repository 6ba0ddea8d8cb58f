import type { RuleConditions } from "../conditions.ts";
import { Groups } from "../ints/groups.ts";
import { IntList } from "../ints/int-list.ts";
import { FOUND } from "../predicates.ts";

/** Some fields of an alternative. */
export interface FieldRow {
  /** By place: what a field asks, and how many steps it, or one before it, shares with a later one. */
  readonly conditions: Int32Array;
  readonly sharedLater: Int32Array;
  /** Where these fields stand, in their order. */
  readonly places: IntList;
  /** No field may be absent or lies below another, so that their order does not matter. */
  readonly isUnordered: boolean;
}

/** Finds the condition that the fewest values of an event fit, and lists these values. */
export class RarestCondition {
  readonly #asked: RuleConditions;
  /** Occurrences by the predicates that they fit. */
  readonly #byPredicate: Groups;
  readonly #hitOccurrences = new IntList();
  #groupedEvent = 0;

  constructor(asked: RuleConditions) {
    this.#asked = asked;
    this.#byPredicate = new Groups(asked.predicates.count);
  }

  /** The condition that the fewest values fit; -1 when these cannot be listed, or are many. */
  of({ conditions, places }: FieldRow): number {
    this.#groupHits();
    let rarest = -1;
    let fewest = this.#asked.occurrences.count / 4;
    for (let index = 0; index < places.length; index++) {
      const condition = conditions[places.at(index)] as number;
      const fits = this.#countFits(condition);
      if (fits === 0 || fits > fewest) continue;
      rarest = condition;
      fewest = fits;
    }
    return rarest;
  }

  /** The fits of a predicate of that condition, from `fitsStart` to before `fitsEnd`. */
  fitsStart(predicate: number): number {
    return this.#byPredicate.start(predicate);
  }

  fitsEnd(predicate: number): number {
    return this.#byPredicate.start(predicate) + this.#byPredicate.count(predicate);
  }

  /** The occurrence that a fit is. */
  occurrenceAt(fit: number): number {
    return this.#hitOccurrences.at(this.#byPredicate.items[fit] as number);
  }

  /** How many values fit a condition; 0 when they cannot be listed. */
  #countFits(condition: number): number {
    const { conditions, conditionFields, kinds, presence } = this.#asked.predicates;
    const some = presence.at(conditionFields.at(condition));
    const end = conditions.starts.at(condition + 1);
    let fits = 0;
    for (let place = conditions.starts.at(condition); place < end; place++) {
      const predicate = conditions.items.at(place);
      if (kinds.at(predicate) !== FOUND || predicate === some) return 0;
      fits += this.#byPredicate.count(predicate);
    }
    return fits;
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
}
