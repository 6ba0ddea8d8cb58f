/**
 * Finds the rules that an event fits, from the bytes of the event.
 */
import type { JsonObject } from "../core/json.ts";
import { CompiledRules } from "./engine/compiled-rules.ts";
import { Matcher } from "./engine/matcher.ts";
import { matches } from "./matches.ts";
import type { Pattern } from "./pattern.ts";

/** The rules of one bus, prepared for finding those that an event fits. */
export interface RuleIndex<Rule> {
  /** All of them, in the order they were given in. */
  readonly rules: readonly Rule[];
  /**
   * Those whose pattern an event fits, in the same order.
   *
   * @param event JSON text in UTF-8
   * @param detailStart where the value of its last field begins, which then has to be an object and nothing more; the
   *   text up to there is the caller's own
   * @returns undefined when the event is not JSON as `JSON.parse` has it, no object, or of more than 1,101 levels.
   */
  match(event: Uint8Array, detailStart?: number): readonly Rule[] | undefined;
}

/** Makes the index of some rules at once. */
export function indexRules<Rule extends { readonly pattern: Pattern }>(rules: readonly Rule[]): RuleIndex<Rule> {
  const steps = indexInSlices(rules);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Makes it in slices of a few milliseconds: whoever drives it can do other work in between. */
export function* indexInSlices<Rule extends { readonly pattern: Pattern }>(
  rules: readonly Rule[],
): Generator<void, RuleIndex<Rule>> {
  const compiled = new CompiledRules();
  yield* compiled.compile(rules.map((rule) => rule.pattern));
  const fitsPlainly = (rule: number, event: Uint8Array): boolean => {
    const pattern = rules[rule]?.pattern;
    return pattern !== undefined && matches(pattern, JSON.parse(decoder.decode(event)) as JsonObject);
  };
  let matcher = new Matcher(compiled, rules.length, fitsPlainly);
  return {
    rules,
    match: (event, detailStart) => {
      if (matcher.isWornOut) matcher = new Matcher(compiled, rules.length, fitsPlainly);
      if (!matcher.match(event, detailStart)) return undefined;
      const { found } = matcher;
      const fitting: Rule[] = [];
      for (let index = 0; index < found.length; index++) fitting.push(rules[found.at(index)] as Rule);
      return fitting;
    },
  };
}

const decoder = new TextDecoder();
