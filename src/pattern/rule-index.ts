/**
 * Finds the rules that an event fits, in one look at each byte of it, whatever their number.
 *
 * A matcher that begins with JSON.parse spends more on making objects than on matching, and one that tries each rule
 * grows with their number. Here it is the other way round. The rules are turned into places where an event can lead:
 *
 * 1. A trie of the fields that any rule names. The event is read as bytes along it; whatever no rule names is only
 *    checked to be JSON and stepped over (`engine/event-reader.ts`, `engine/json-bytes.ts`).
 * 2. For each field, what rules ask of its values, each question once: texts by their hash, prefixes and suffixes in
 *    tries, numbers in a tree of intervals, addresses in a trie of bits (`engine/field-values.ts`). A value leads to the
 *    questions that it answers; texts are compared byte by byte, never only by their hash.
 * 3. Each rule is filed under one question, the one that the fewest others ask. So `source: [shop]` on every rule leads
 *    to none of them, and an event is held beside the few rules that its rarest values lead to
 *    (`engine/alternatives.ts`). `anything-but` is decided only then, by what its field's values have answered.
 *
 * Nothing is made or cleared for an event: what it has met bears its number. What hardly any event has takes a slower
 * way to the same answer: a name twice in one object is left to JSON.parse, lists beside each other to the plain matcher.
 *
 * Measured on features of 900 bytes and five rules on texts or numbers: 2.5 to 2.8 times as many events a second as
 * JSON.parse reads, checked and matched; 1.7 to 2.0 times with `anything-but`, and about as many where rules ask for
 * every number in a list of objects. With 100,000 rules instead of one, an event takes twice as long (docs/performance.md).
 */
import { CompiledRules } from "./engine/compiled-rules.ts";
import type { FitsPlainly } from "./engine/matcher.ts";
import { Matcher } from "./engine/matcher.ts";
import { matches } from "./matches.ts";
import type { Pattern } from "./pattern.ts";

/**
 * Why it cannot be said which rules an event fits.
 *
 * - `unreadable`: it is not JSON as `JSON.parse` has it, no object, or has more than `EVENT_LEVELS_MAX` levels. What
 *   holds it is refused.
 * - `too costly`: it is well-formed, and matching it takes more steps than an event may take. What holds it must keep
 *   it, refuse it, or make a dead letter of it.
 */
export type Unmatchable = "unreadable" | "too costly";

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
   * @returns why nobody can say which rules it fits, where that is so. Nobody may take that for "it fits none".
   */
  match(event: Uint8Array, detailStart?: number): readonly Rule[] | Unmatchable;
}

/**
 * How many steps finding an event's rules may take: predicates that values fit, wildcards tried, elements of lists held
 * beside each other. An ordinary event takes some dozens; this many take about a quarter of a second.
 */
const EVENT_STEPS_MAX = 16_000_000;

/** Makes the index of some rules at once. */
export function indexRules<Rule extends { readonly pattern: Pattern }>(
  rules: readonly Rule[],
  stepsMax = EVENT_STEPS_MAX,
): RuleIndex<Rule> {
  const steps = indexInSlices(rules, stepsMax);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Makes an index in slices of a few milliseconds, so that the caller can do other work in between. */
export function* indexInSlices<Rule extends { readonly pattern: Pattern }>(
  rules: readonly Rule[],
  stepsMax = EVENT_STEPS_MAX,
): Generator<void, RuleIndex<Rule>> {
  const compiled = new CompiledRules();
  yield* compiled.compile(patternsOf(rules));
  const fitsPlainly: FitsPlainly = (rule, event, steps) => {
    const pattern = rules[rule]?.pattern;
    return pattern !== undefined && matches(pattern, event, steps);
  };
  const bounds = { ruleCount: rules.length, stepsMax };
  let matcher = new Matcher(compiled, bounds, fitsPlainly);
  return {
    rules,
    match: (event, detailStart) => {
      if (matcher.isWornOut) matcher = new Matcher(compiled, bounds, fitsPlainly);
      const outcome = matcher.match(event, detailStart);
      if (outcome !== "matched") return outcome;
      const { found } = matcher;
      const fitting: Rule[] = [];
      for (let index = 0; index < found.length; index++) fitting.push(rules[found.at(index)] as Rule);
      return fitting;
    },
  };
}

/** One by one: a list of 100,000 at once is a slice of its own. */
function* patternsOf(rules: readonly { readonly pattern: Pattern }[]): Generator<Pattern> {
  for (const { pattern } of rules) yield pattern;
}
