import type { Counter } from "prom-client";
import { differingKeys } from "../../../collections/differing-keys.ts";
import type { Rule } from "../../../domain/rule/rule.ts";
import { ruleKey } from "../../../domain/rule/rule.ts";
import { UNKNOWN } from "./label-values.ts";

/** Each is a line of every scrape, which takes a router some hundred milliseconds for as many as these. */
export const RULE_SERIES_MAX = 20_000;
/** Some hundred microseconds, where many rules come at once, as at the start. */
const RULES_A_TURN = 1_000;

interface RuleLabels {
  readonly bus: string;
  readonly rule: string;
}

type Rules = ReadonlyMap<string, Pick<Rule, "bus" | "name" | "state" | "managedBy">>;

/**
 * The series of each enabled rule: how often events matched it. They start at 0 and go with the rule, in turns with what else the
 * process has to do. Rules beyond so many are counted together as `unknown`; once others have gone, each gets a series when an
 * event matches it. A change costs what it changes, however many rules there are.
 */
export class RuleSeries {
  readonly #counter: Counter<"bus" | "rule">;
  readonly #present = new Map<string, RuleLabels>();
  #rules: Rules = new Map();
  /** The rules that the series are in step with. */
  #followed: Rules = this.#rules;
  #isFollowing = false;

  constructor(counter: Counter<"bus" | "rule">) {
    this.#counter = counter;
  }

  /** Begins to follow other rules; a thousand are done at once. */
  follow(rules: Rules): void {
    this.#rules = rules;
    if (!this.#isFollowing) this.#goOn(this.#steps());
  }

  /** An event matched a rule. */
  matched({ bus, rule }: RuleLabels): void {
    const key = ruleKey(bus, rule);
    this.#start(key);
    this.#counter.inc(this.#present.get(key) ?? { bus, rule: UNKNOWN });
  }

  #goOn(steps: Generator<void>): void {
    this.#isFollowing = steps.next().done !== true;
    if (this.#isFollowing) setImmediate(() => this.#goOn(steps));
  }

  *#steps(): Generator<void> {
    let done = 0;
    while (this.#followed !== this.#rules) {
      const rules = this.#rules;
      for (const key of differingKeys(this.#followed, rules)) {
        const labels = this.#present.get(key);
        if (labels !== undefined && !this.#isEnabled(key)) this.#end(key, labels);
        else this.#start(key);
        if (++done % RULES_A_TURN === 0) yield;
      }
      this.#followed = rules;
    }
  }

  #isEnabled(key: string): boolean {
    const rule = this.#rules.get(key);
    // The rules of archives are counted as archives.
    return rule?.state === "ENABLED" && rule.managedBy === undefined;
  }

  #start(key: string): void {
    if (this.#present.has(key) || this.#present.size >= RULE_SERIES_MAX) return;
    const rule = this.#rules.get(key);
    if (rule === undefined || !this.#isEnabled(key)) return;
    const labels = { bus: rule.bus, rule: rule.name };
    this.#present.set(key, labels);
    this.#counter.inc(labels, 0);
  }

  #end(key: string, labels: RuleLabels): void {
    this.#present.delete(key);
    this.#counter.remove(labels);
  }
}
