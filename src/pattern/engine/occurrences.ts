import { Steps } from "../steps.ts";
import { ListElements } from "./lists/list-elements.ts";
import type { Relevance } from "./relevance.ts";

/** Past so much, the room that an unusual event took is given back. */
const KEPT_MAX = 1_048_576;

/** How many numbers are kept of each occurrence. */
export const RECORD_LENGTH = 4;

/**
 * What was found while an event was read: the values of fields that rules name, in their order, and the predicates that
 * each fits. Nothing is cleared between two events: what is known of a predicate or field bears the event's number.
 */
export class Occurrences {
  event = 0;
  /** By predicate: the last event that had a value which fits it. */
  readonly predicateEvents: Int32Array;
  /** By field: the last event that had a value there which fits nothing that anybody asks. */
  readonly unfittingEvents: Int32Array;
  /** The predicates that have been met and that something is filed under, each once. */
  readonly met: Int32Array;
  metCount = 0;
  /** RECORD_LENGTH numbers for each occurrence of a value. */
  records = new Int32Array(RECORD_LENGTH * 64);
  count = 0;
  /** The predicates that values fit, value by value. */
  hits = new Int32Array(64);
  hitCount = 0;
  readonly lists: ListElements;
  /** What finding the rules may still take, beyond stepping over the event. */
  readonly steps: Steps;
  readonly #stepsMax: number;
  readonly #isFiled: Uint8Array;
  readonly #relevance: Relevance;
  /** Where the last value's hits begin, and whether one of them is relevant. */
  #hitsStart = 0;
  #isRelevant = false;

  /** @param isFiled by predicate: whether it is of interest that it is met */
  constructor(isFiled: Uint8Array, relevance: Relevance, bounds: { nodeCount: number; stepsMax: number }) {
    this.lists = new ListElements(bounds.nodeCount);
    this.#stepsMax = bounds.stepsMax;
    this.steps = new Steps(bounds.stepsMax);
    this.#isFiled = isFiled;
    this.#relevance = relevance;
    this.predicateEvents = new Int32Array(isFiled.length);
    this.met = new Int32Array(isFiled.length);
    this.unfittingEvents = new Int32Array(relevance.misses.length);
  }

  /** Begins with another event. */
  begin(): void {
    this.event++;
    this.metCount = 0;
    this.count = 0;
    this.hitCount = 0;
    if (this.records.length > KEPT_MAX) this.records = new Int32Array(RECORD_LENGTH * 64);
    if (this.hits.length > KEPT_MAX) this.hits = new Int32Array(64);
    this.lists.begin(this.event);
    this.steps.left = this.#stepsMax;
  }

  /** A value; the hits that follow are its own. */
  open(): void {
    this.#hitsStart = this.hitCount;
    this.#isRelevant = false;
  }

  hit(predicate: number): void {
    this.steps.left--;
    if (this.hitCount === this.hits.length) this.hits = doubled(this.hits);
    this.hits[this.hitCount++] = predicate;
    if (this.#relevance.hits[predicate] === 1) this.#isRelevant = true;
    this.#meet(predicate);
  }

  /**
   * No more hits of the last value, which is kept if it is relevant.
   * @param presence the predicate that every value of the field fits
   */
  close(field: number, position: number, presence: number): void {
    if (this.hitCount === this.#hitsStart) {
      this.unfittingEvents[field] = this.event;
      if (this.#relevance.misses[field] === 1) this.#keep(field, position);
    } else if (this.#isRelevant) this.#keep(field, position);
    else this.hitCount = this.#hitsStart;
    this.#meet(presence);
  }

  positionOf(occurrence: number): number {
    return this.records[RECORD_LENGTH * occurrence + 1] as number;
  }

  /** The innermost element of a list that it stands in. */
  elementOf(occurrence: number): number {
    return this.records[RECORD_LENGTH * occurrence + 2] as number;
  }

  /** Where its hits begin. */
  hitsStart(occurrence: number): number {
    return this.records[RECORD_LENGTH * occurrence + 3] as number;
  }

  hitsEnd(occurrence: number): number {
    return occurrence + 1 < this.count ? this.hitsStart(occurrence + 1) : this.hitCount;
  }

  #keep(field: number, position: number): void {
    const record = RECORD_LENGTH * this.count++;
    if (record === this.records.length) this.records = doubled(this.records);
    const records = this.records;
    records[record] = field;
    records[record + 1] = position;
    records[record + 2] = this.lists.element;
    records[record + 3] = this.#hitsStart;
  }

  #meet(predicate: number): void {
    if (this.predicateEvents[predicate] === this.event) return;
    this.predicateEvents[predicate] = this.event;
    if (this.#isFiled[predicate] === 1) this.met[this.metCount++] = predicate;
  }
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * numbers.length);
  more.set(numbers);
  return more;
}
