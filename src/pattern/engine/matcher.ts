import { parseExactly } from "../../json/exact-json.ts";
import type { JsonObject } from "../../json/json.ts";
import { Steps } from "../steps.ts";
import type { CompiledRules } from "./compiled-rules.ts";
import { RuleConditions } from "./conditions.ts";
import { EventReader } from "./event-reader.ts";
import { IntList } from "./ints/int-list.ts";
import { ListGroups } from "./lists/list-groups.ts";
import { Occurrences } from "./occurrences.ts";
import { Relevance } from "./relevance.ts";
import type { Holding } from "./lists/together.ts";
import { Together } from "./lists/together.ts";
import { ValueReader } from "./values/value-reader.ts";

/** Events are counted, and their numbers stand in many places: past this one, another matcher has to go on. */
const EVENTS_MAX = 2 ** 30;

/** How many steps the plain matcher may take for one rule. */
const PLAIN_STEPS_MAX = 1_000_000;

/**
 * The plain matcher, for one rule and one event.
 * @param steps how many more it may take
 */
export type FitsPlainly = (rule: number, event: JsonObject, steps: Steps) => boolean | "too costly";

/** What finding the rules of an event came to. */
export type MatchOutcome = "matched" | "unreadable" | "too costly";

/** Lists longer than this are sorted by the runtime. */
const SHORT = 16;

/** Finds the rules that an event fits: reads it, and follows what it has met to the alternatives that are filed there. */
export class Matcher {
  readonly #rules: CompiledRules;
  readonly #occurrences: Occurrences;
  readonly #reader: EventReader;
  readonly #conditions: RuleConditions;
  readonly #together: Together;
  readonly #groups: ListGroups;
  readonly #places = new IntList();
  readonly #fitsPlainly: FitsPlainly;
  /** The event as the plain matcher takes it, once it has been asked. */
  #parsed: JsonObject | undefined;
  /** By alternative: the last event it was tried on. By rule: the last event that fitted. */
  readonly #triedEvents: Int32Array;
  readonly #foundEvents: Int32Array;
  readonly found = new IntList();
  /** How many alternatives the last event was held beside. */
  tried = 0;

  constructor(rules: CompiledRules, bounds: { ruleCount: number; stepsMax: number }, fitsPlainly: FitsPlainly) {
    const { trie, predicates, alternatives } = rules;
    this.#rules = rules;
    this.#occurrences = new Occurrences(alternatives.isFiled(), new Relevance(predicates), {
      nodeCount: trie.nodeCount,
      stepsMax: bounds.stepsMax,
    });
    this.#reader = new EventReader(trie, new ValueReader(predicates, this.#occurrences), this.#occurrences);
    this.#conditions = new RuleConditions(predicates, this.#occurrences);
    this.#together = new Together(this.#conditions);
    this.#groups = new ListGroups(trie, predicates, this.#occurrences);
    this.#fitsPlainly = fitsPlainly;
    this.#triedEvents = new Int32Array(alternatives.count);
    this.#foundEvents = new Int32Array(bounds.ruleCount);
  }

  get isWornOut(): boolean {
    return this.#occurrences.event >= EVENTS_MAX;
  }

  /**
   * Finds the rules that an event fits: their numbers stand in `found` then, in ascending order.
   * @returns `unreadable` when the event is no JSON object, or one of too many levels.
   */
  match(event: Uint8Array, detailStart: number | undefined): MatchOutcome {
    const isRead = this.#reader.read(event, detailStart);
    const { met, metCount, steps } = this.#occurrences;
    if (steps.left < 0) return "too costly";
    if (!isRead) return "unreadable";
    const { filed, always } = this.#rules.alternatives;
    const heads = filed.heads.items;
    this.found.length = 0;
    this.tried = 0;
    this.#parsed = undefined;
    for (let index = 0; index < metCount && steps.left >= 0; index++) {
      let link = heads[met[index] as number] as number;
      for (; link !== 0; link = filed.next.items[link - 1] as number) {
        this.#try(filed.values.items[link - 1] as number, event);
      }
    }
    for (let index = 0; index < always.length; index++) this.#try(always.items[index] as number, event);
    if (steps.left < 0) return "too costly";
    if (this.found.length > 1) this.#sort();
    return "matched";
  }

  #try(alternative: number, event: Uint8Array): void {
    const { alternatives } = this.#rules;
    const number = this.#occurrences.event;
    const rule = alternatives.rules.items[alternative] as number;
    if (this.#triedEvents[alternative] === number || this.#foundEvents[rule] === number) return;
    if (this.#occurrences.steps.left < 0) return;
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
    const { rules } = this.#rules.alternatives;
    this.#groups.divide(this.#rules.alternatives.conditions.items.items, start, end);
    for (let place = start; place < end; place++) {
      const verdict = this.#groupHolds(alternative, place);
      if (verdict === "no") return false;
      if (verdict === "lists beside each other") return this.#holdsPlainly(rules.at(alternative), event);
    }
    return true;
  }

  /** Whether the fields hold together that lie in the same lists as the one at a place, once for all of them. */
  #groupHolds(alternative: number, place: number): Holding {
    const { conditions, sharedLater, unordered } = this.#rules.alternatives;
    const places = this.#places;
    if (this.#groups.isInList(place)) {
      this.#groups.groupAt(place, places);
      if (places.length === 0) return "yes";
      if (places.length > 1) {
        return this.#together.holds({
          conditions: conditions.items.items,
          sharedLater: sharedLater.items,
          places,
          isUnordered: unordered.at(alternative) === 1,
        });
      }
    }
    return this.#conditions.hold(conditions.items.at(place)) ? "yes" : "no";
  }

  #holdsPlainly(rule: number, event: Uint8Array): boolean {
    this.#parsed ??= parseExactly(decoder.decode(event)) as JsonObject;
    const { steps } = this.#occurrences;
    const ownSteps = new Steps(Math.min(PLAIN_STEPS_MAX, steps.left));
    const before = ownSteps.left;
    const fits = this.#fitsPlainly(rule, this.#parsed, ownSteps);
    steps.left = fits === "too costly" ? -1 : steps.left - (before - ownSteps.left);
    return fits === true;
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

const decoder = new TextDecoder();
