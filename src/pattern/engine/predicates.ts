import type { Field, Match } from "../pattern.ts";
import { FieldValues } from "./values/field-values.ts";
import { IntList } from "./ints/int-list.ts";
import { IntRows } from "./ints/int-rows.ts";

/** What a value of an event fits is found while the event is read. */
export const FOUND = 0;
/** `exists: false`: the event has been read, and there was no value. */
export const ABSENT = 1;
/** `anything-but`: some value fits none of the predicates that it excludes. */
export const ANYTHING_BUT = 2;

/**
 * What rules ask of fields, each question once however many rules ask it. A predicate is one entry of a field's list; a
 * condition is the whole list. Both are numbers, which count up from 0.
 */
export class Predicates {
  readonly values = new FieldValues();
  readonly kinds = new IntList();
  /** By predicate: the row of what an `anything-but` excludes. */
  readonly exclusions = new IntList();
  readonly excluded = new IntRows();
  /** By field: the predicate that every value fits. */
  readonly presence = new IntList();
  /** The predicates of each condition, and its field. */
  readonly conditions = new IntRows();
  readonly conditionFields = new IntList();
  /** By condition: its predicate where it has one only, which is FOUND; else -1. */
  readonly only = new IntList();
  readonly #predicateByKey = new Map<string, number>();
  readonly #conditionByKey = new Map<string, number>();
  /** By predicate: one more than the condition that has only this predicate. */
  readonly #conditions = new IntList();

  get count(): number {
    return this.kinds.length;
  }

  /** The condition that a field of a pattern is. */
  condition({ matches }: Field, field: number): number {
    while (this.presence.length <= field) this.presence.push(this.#add(FOUND));
    const [first, ...more] = matches;
    if (first !== undefined && more.length === 0) return this.#conditionOf(this.#predicate(first, field), field);
    const predicates = [...new Set(matches.map((match) => this.#predicate(match, field)))].sort((a, b) => a - b);
    const key = predicates.join();
    let condition = this.#conditionByKey.get(key);
    if (condition === undefined) {
      condition = this.#addCondition(predicates, field);
      this.#conditionByKey.set(key, condition);
    }
    return condition;
  }

  /** The condition that has only one predicate, as most do. */
  #conditionOf(predicate: number, field: number): number {
    this.#conditions.extend(this.count);
    const known = this.#conditions.at(predicate) - 1;
    if (known >= 0) return known;
    const condition = this.#addCondition([predicate], field);
    this.#conditions.items[predicate] = condition + 1;
    return condition;
  }

  #addCondition(predicates: readonly number[], field: number): number {
    const [first = 0] = predicates;
    this.conditionFields.push(field);
    this.only.push(predicates.length === 1 && this.kinds.at(first) === FOUND ? first : -1);
    return this.conditions.add(predicates);
  }

  /** Ends the adding, with pauses. What only adding needs is forgotten. */
  *seal(): Generator<void> {
    this.#predicateByKey.clear();
    this.#conditionByKey.clear();
    yield* this.values.seal(this.presence.length, this.count);
  }

  #predicate(match: Match, field: number): number {
    if (match.kind === "exists" && match.exists) return this.presence.at(field);
    const filed = this.values.textPredicate(match, field);
    if (filed >= 0) return filed;
    const key = `${field} ${keyOf(match)}`;
    let predicate = this.#predicateByKey.get(key);
    if (predicate !== undefined) return predicate;
    predicate = this.#make(match, field);
    // Most predicates are texts, which are found where they are filed.
    if (!isText(match)) this.#predicateByKey.set(key, predicate);
    return predicate;
  }

  #make(match: Match, field: number): number {
    if (match.kind === "exists") return this.#add(ABSENT);
    if (match.kind === "anythingBut") {
      const excluded = new Set(match.excluded.map((each) => this.#predicate(each, field)));
      return this.#add(ANYTHING_BUT, this.excluded.add(excluded));
    }
    const predicate = this.#add(FOUND);
    this.values.file(match, field, predicate);
    return predicate;
  }

  #add(kind: number, exclusions = -1): number {
    this.exclusions.push(exclusions);
    return this.kinds.push(kind);
  }
}

function isText(match: Match): boolean {
  return match.kind === "equals" && typeof match.value === "string";
}

/** The same for matches that ask the same. A number that a pattern has in two long spellings may be there twice. */
function keyOf(match: Match): string {
  if (match.kind === "equals") return `${typeof match.value} ${String(match.value)}`;
  return JSON.stringify(match);
}
