import type { CompiledRules } from "./compiled-rules.ts";
import { Conditions } from "./conditions.ts";
import { EventReader } from "./event-reader.ts";
import { IntList } from "./int-list.ts";
import { Occurrences } from "./occurrences.ts";
import { Telling } from "./telling.ts";
import { Together } from "./together.ts";
import { ValueReader } from "./value-reader.ts";

/** Events are counted, and their numbers stand in many places: past this one, another matcher has to go on. */
const EVENTS_MAX = 2 ** 30;

/** Lists longer than this are sorted by the runtime. */
const SHORT = 16;

/** Finds the rules that an event fits: reads it, and follows what it has met to the alternatives that are filed there. */
export class Matcher {
  readonly #rules: CompiledRules;
  readonly #occurrences: Occurrences;
  readonly #reader: EventReader;
  readonly #conditions: Conditions;
  readonly #together: Together;
  /** Whether the plain matcher finds that the event fits a rule. */
  readonly #fitsPlainly: (rule: number, event: Uint8Array) => boolean;
  /** By alternative: the last event it was tried on. By rule: the last event that fitted. */
  readonly #triedEvents: Int32Array;
  readonly #foundEvents: Int32Array;
  readonly found = new IntList();
  /** How many alternatives the last event was held beside. */
  tried = 0;

  constructor(rules: CompiledRules, ruleCount: number, fitsPlainly: (rule: number, event: Uint8Array) => boolean) {
    const { trie, predicates, alternatives } = rules;
    this.#rules = rules;
    this.#occurrences = new Occurrences(alternatives.isFiled(), new Telling(predicates));
    this.#reader = new EventReader(trie, new ValueReader(predicates, this.#occurrences), this.#occurrences);
    this.#conditions = new Conditions(predicates, this.#occurrences);
    this.#together = new Together(this.#conditions);
    this.#fitsPlainly = fitsPlainly;
    this.#triedEvents = new Int32Array(alternatives.count);
    this.#foundEvents = new Int32Array(ruleCount);
  }

  get isWornOut(): boolean {
    return this.#occurrences.event >= EVENTS_MAX;
  }

  /**
   * Finds the rules that an event fits: their numbers stand in `found` then, in ascending order.
   * @returns whether the event is a JSON object of not too many levels.
   */
  match(event: Uint8Array, detailStart: number | undefined): boolean {
    if (!this.#reader.read(event, detailStart)) return false;
    const { met, metCount } = this.#occurrences;
    const { filed, always } = this.#rules.alternatives;
    const heads = filed.heads.items;
    this.found.length = 0;
    this.tried = 0;
    for (let index = 0; index < metCount; index++) {
      let link = heads[met[index] as number] as number;
      for (; link !== 0; link = filed.next.items[link - 1] as number) {
        this.#try(filed.values.items[link - 1] as number, event);
      }
    }
    for (let index = 0; index < always.length; index++) this.#try(always.items[index] as number, event);
    if (this.found.length > 1) this.#sort();
    return true;
  }

  #try(alternative: number, event: Uint8Array): void {
    const { alternatives } = this.#rules;
    const number = this.#occurrences.event;
    const rule = alternatives.rules.items[alternative] as number;
    if (this.#triedEvents[alternative] === number || this.#foundEvents[rule] === number) return;
    this.#triedEvents[alternative] = number;
    this.tried++;
    const start = alternatives.conditions.starts.items[alternative] as number;
    const end = alternatives.conditions.starts.items[alternative + 1] as number;
    const conditions = alternatives.conditions.items.items;
    const inLists = this.#occurrences.lists.stepsMin <= (alternatives.shared.items[alternative] as number);
    for (let place = start; place < end; place++) {
      const condition = conditions[place] as number;
      // What stands in one element of a list may be absent from another.
      if (!this.#conditions.hold(condition) && !(inLists && this.#conditions.mayBeAbsent(condition))) return;
    }
    if (inLists && !this.#holdsInLists(alternative, start, end, event)) return;
    this.#foundEvents[rule] = number;
    this.found.push(rule);
  }

  #holdsInLists(alternative: number, start: number, end: number, event: Uint8Array): boolean {
    const { conditions, sharedLater, unordered, rules } = this.#rules.alternatives;
    const verdict = this.#together.holds({
      conditions: conditions.items.items,
      sharedLater: sharedLater.items,
      start,
      end,
      isUnordered: unordered.at(alternative) === 1,
    });
    return verdict === "lists beside each other" ? this.#fitsPlainly(rules.at(alternative), event) : verdict === "yes";
  }

  #sort(): void {
    const found = this.found.items;
    const length = this.found.length;
    if (length > SHORT) {
      found.subarray(0, length).sort();
      return;
    }
    for (let index = 1; index < length; index++) {
      const rule = found[index] as number;
      let place = index;
      for (; place > 0 && (found[place - 1] as number) > rule; place--) found[place] = found[place - 1] as number;
      found[place] = rule;
    }
  }
}
