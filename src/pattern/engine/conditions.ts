import { Groups } from "./ints/groups.ts";
import type { Occurrences } from "./occurrences.ts";
import { RECORD_LENGTH } from "./occurrences.ts";
import type { Predicates } from "./predicates.ts";
import { ABSENT, FOUND } from "./predicates.ts";

const MARKS_MAX = 2 ** 30;

/** Says which conditions hold for the event that has been read. */
export class RuleConditions {
  readonly predicates: Predicates;
  readonly occurrences: Occurrences;
  /** The occurrences of each field. */
  readonly byField: Groups;
  /** By `anything-but`: the last event that it was decided for. */
  readonly #decidedEvents: Int32Array;
  /** By predicate: the mark of the last `anything-but` or condition that was looked into. */
  readonly #excludedMarks: Int32Array;
  readonly #wantedMarks: Int32Array;
  #mark = 0;
  #wantedMark = 0;
  #exclusionMark = 0;
  #markedExclusion = -1;
  #wanted = 0;

  constructor(predicates: Predicates, occurrences: Occurrences) {
    this.predicates = predicates;
    this.occurrences = occurrences;
    this.byField = new Groups(predicates.presence.length);
    this.#decidedEvents = new Int32Array(predicates.count);
    this.#excludedMarks = new Int32Array(predicates.count);
    this.#wantedMarks = new Int32Array(predicates.count);
  }

  /** Whether a condition holds by itself, in whichever elements of lists. */
  hold(condition: number): boolean {
    const { predicates, occurrences } = this;
    const only = predicates.only.items[condition] as number;
    if (only >= 0) return occurrences.predicateEvents[only] === occurrences.event;
    const end = predicates.conditions.starts.at(condition + 1);
    for (let place = predicates.conditions.starts.at(condition); place < end; place++) {
      if (this.#holds(predicates.conditions.items.at(place), predicates.conditionFields.at(condition))) return true;
    }
    return false;
  }

  /** Whether it holds where there is no value. */
  mayBeAbsent(condition: number): boolean {
    const { conditions, kinds } = this.predicates;
    const end = conditions.starts.at(condition + 1);
    for (let place = conditions.starts.at(condition); place < end; place++) {
      if (kinds.at(conditions.items.at(place)) === ABSENT) return true;
    }
    return false;
  }

  /** Gets ready to say which occurrences fit a condition. */
  want(condition: number): void {
    const { conditions, kinds } = this.predicates;
    this.#wanted = condition;
    this.#boundMarks();
    this.#wantedMark = this.#nextMark();
    const end = conditions.starts.at(condition + 1);
    for (let place = conditions.starts.at(condition); place < end; place++) {
      const predicate = conditions.items.at(place);
      if (kinds.at(predicate) === FOUND) this.#wantedMarks[predicate] = this.#wantedMark;
    }
  }

  /** Whether an occurrence fits the condition that is wanted. */
  fits(occurrence: number): boolean {
    const { conditions, conditionFields, kinds, presence } = this.predicates;
    const condition = this.#wanted;
    if (this.#wantedMarks[presence.at(conditionFields.at(condition))] === this.#wantedMark) return true;
    const { hits } = this.occurrences;
    const hitsEnd = this.occurrences.hitsEnd(occurrence);
    for (let hit = this.occurrences.hitsStart(occurrence); hit < hitsEnd; hit++) {
      if (this.#wantedMarks[hits[hit] as number] === this.#wantedMark) return true;
    }
    if (this.predicates.only.at(condition) >= 0) return false;
    const end = conditions.starts.at(condition + 1);
    for (let place = conditions.starts.at(condition); place < end; place++) {
      const predicate = conditions.items.at(place);
      const kind = kinds.at(predicate);
      if (kind !== FOUND && kind !== ABSENT && !this.#isExcluded(predicate, occurrence)) return true;
    }
    return false;
  }

  /** Makes `byField`, once for each event. */
  groupByField(): void {
    const { occurrences } = this;
    this.byField.make(occurrences.event, occurrences.count, occurrences.records, RECORD_LENGTH);
  }

  #holds(predicate: number, field: number): boolean {
    const { occurrences } = this;
    const kind = this.predicates.kinds.at(predicate);
    if (kind === FOUND) return occurrences.predicateEvents[predicate] === occurrences.event;
    const isPresent = occurrences.predicateEvents[this.predicates.presence.at(field)] === occurrences.event;
    if (kind === ABSENT) return !isPresent;
    return isPresent && this.#anythingBut(predicate, field);
  }

  #anythingBut(predicate: number, field: number): boolean {
    const { event, unfittingEvents, predicateEvents } = this.occurrences;
    if (unfittingEvents[field] === event) return true;
    if (this.#decidedEvents[predicate] === event) return predicateEvents[predicate] === event;
    this.#decidedEvents[predicate] = event;
    this.groupByField();
    const start = this.byField.start(field);
    const end = start + this.byField.count(field);
    this.occurrences.steps.left -= this.byField.count(field) + 1;
    if (this.occurrences.steps.left < 0) return false;
    for (let index = start; index < end; index++) {
      if (this.#isExcluded(predicate, this.byField.items[index] as number)) continue;
      predicateEvents[predicate] = event;
      return true;
    }
    return false;
  }

  /** Whether an occurrence fits one of what an `anything-but` excludes. */
  #isExcluded(anythingBut: number, occurrence: number): boolean {
    if (this.#markedExclusion !== anythingBut) this.#markExcluded(anythingBut);
    const { hits } = this.occurrences;
    const end = this.occurrences.hitsEnd(occurrence);
    for (let hit = this.occurrences.hitsStart(occurrence); hit < end; hit++) {
      if (this.#excludedMarks[hits[hit] as number] === this.#exclusionMark) return true;
    }
    return false;
  }

  #markExcluded(anythingBut: number): void {
    const { excluded, exclusions } = this.predicates;
    this.#markedExclusion = anythingBut;
    this.#exclusionMark = this.#nextMark();
    const row = exclusions.at(anythingBut);
    const end = excluded.starts.at(row + 1);
    for (let place = excluded.starts.at(row); place < end; place++) {
      this.#excludedMarks[excluded.items.at(place)] = this.#exclusionMark;
    }
  }

  #nextMark(): number {
    return ++this.#mark;
  }

  /** Marks count up to a bound and begin anew. */
  #boundMarks(): void {
    if (this.#mark < MARKS_MAX) return;
    this.#excludedMarks.fill(0);
    this.#wantedMarks.fill(0);
    this.#markedExclusion = -1;
    this.#mark = 0;
  }
}
