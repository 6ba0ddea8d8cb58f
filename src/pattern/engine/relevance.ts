import type { Predicates } from "./predicates.ts";
import { ANYTHING_BUT, FOUND } from "./predicates.ts";

/** Stands for a condition that takes any value, or none. */
const WHATEVER = -1;

/**
 * Which values are relevant beyond the fact that the event has one there: the others need not be kept. A value that fits
 * no predicate is relevant only where a condition asks for any value, or for another one. A value that fits only what every
 * `anything-but` of its field excludes is not relevant.
 */
export class Relevance {
  /** By predicate: 1 where a value that fits it is relevant. */
  readonly hits: Uint8Array;
  /** By field: 1 where a value that fits nothing is relevant. */
  readonly misses: Uint8Array;

  constructor({ count, conditions, conditionFields, kinds, presence, exclusions, excluded }: Predicates) {
    this.hits = new Uint8Array(count);
    this.misses = new Uint8Array(presence.length);
    /** By field: the `anything-but` that take what fits nothing, each once. */
    const takers = new Map<number, Set<number>>();
    for (let condition = 0; condition < conditions.count; condition++) {
      const field = conditionFields.at(condition);
      const end = conditions.starts.at(condition + 1);
      // Without a view for each: there is one condition or more for each rule.
      for (let place = conditions.starts.at(condition); place < end; place++) {
        const predicate = conditions.items.at(place);
        const kind = kinds.at(predicate);
        if (kind === FOUND) this.hits[predicate] = 1;
        if (kind === FOUND && predicate !== presence.at(field)) continue;
        this.misses[field] = 1;
        takers.set(field, (takers.get(field) ?? new Set()).add(kind === ANYTHING_BUT ? predicate : WHATEVER));
      }
    }
    for (const ofField of takers.values()) {
      /** By predicate: how many of them exclude it. What only some exclude, others take. */
      const exclusionCounts = new Map<number, number>();
      for (const taker of ofField) {
        if (taker === WHATEVER) continue;
        for (const predicate of excluded.row(exclusions.at(taker))) {
          exclusionCounts.set(predicate, (exclusionCounts.get(predicate) ?? 0) + 1);
        }
      }
      for (const [predicate, times] of exclusionCounts) if (times < ofField.size) this.hits[predicate] = 1;
    }
  }
}
