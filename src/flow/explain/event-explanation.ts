import type { ConditionsResult, EventExplanation, RuleExplanation } from "../../ports/admin/explain.ts";
import { isNearer, missesOf, nearestAlternative } from "../../pattern/explain/explain.ts";
import { matches } from "../../pattern/matches.ts";
import { Steps } from "../../pattern/steps.ts";
import type { Config, ConfigDocument } from "../../domain/config.ts";
import type { JsonObject } from "../../json/json.ts";
import type { PatternRule, Rule } from "../../domain/rule/rule.ts";
import { hasPattern, ruleKey } from "../../domain/rule/rule.ts";

/** How many rules that do not match an explanation has. They are the nearest ones. */
export const NEAR_MISSES_MAX = 10;

/** How many rules that match an explanation has. */
const MATCHES_MAX = 100;

/** How many rules are compared with the event between two pauses. */
const SLICE = 200;

/**
 * How many steps an explanation may take, by all rules and by one: about a second, and a tenth of it. An ordinary event
 * takes some twenty steps for each rule.
 */
const STEPS_MAX = 40_000_000;
export const RULE_STEPS_MAX = 3_000_000;

/** Resolves when other work has had its turn of the event loop. */
export type YieldTurn = () => Promise<unknown>;

/** The configuration that an event is explained by: the one in force, or the rules of one that is kept. */
export type ExplainedConfig = Pick<Config, "eventBuses" | "rules" | "rulesByBus"> & {
  readonly document: Pick<ConfigDocument, "digest">;
};

/** By what an event is explained, and for whom. */
export interface Explaining {
  readonly config: ExplainedConfig;
  readonly pause: YieldTurn;
  /** Whether the caller may read a bus's rules. An explanation leaves out those of all other buses. */
  readonly mayExplain: (bus: string) => boolean;
}

/** Finds the rules of a bus that an event matches, and what keeps it from the others. */
export async function explainEvent(
  event: JsonObject,
  bus: string,
  explaining: Explaining,
): Promise<EventExplanation | "too costly"> {
  const explainer = new Explainer(event, explaining);
  const explanation = await explainer.onBus(bus);
  return explainer.isTooCostly ? "too costly" : explanation;
}

/** Finds whether a rule matches an event, or what keeps it from that. */
export async function explainRule(
  rule: PatternRule,
  event: JsonObject,
  explaining: Explaining,
): Promise<RuleExplanation | "too costly"> {
  const explainer = new Explainer(event, explaining);
  const explanation = await explainer.ofRule(rule);
  return explainer.isTooCostly ? "too costly" : explanation;
}

/** Compares one event with rules. */
class Explainer {
  readonly #event: JsonObject;
  readonly #config: ExplainedConfig;
  readonly #pause: YieldTurn;
  readonly #mayExplain: Explaining["mayExplain"];
  #compared = 0;
  readonly #steps = new Steps(STEPS_MAX);
  /** Whether the steps are spent. Then the explanation is worthless. */
  isTooCostly = false;
  /** The rules that the event matches on a bus to which a matching rule leads, by bus. */
  readonly #further = new Map<string, Promise<readonly string[]>>();

  constructor(event: JsonObject, { config, pause, mayExplain }: Explaining) {
    this.#event = event;
    this.#config = config;
    this.#pause = pause;
    this.#mayExplain = mayExplain;
  }

  async onBus(bus: string): Promise<EventExplanation> {
    const fitting: PatternRule[] = [];
    const elsewhere: Rule[] = [];
    const others: (Parameters<typeof isNearer>[0] & { readonly rule: PatternRule })[] = [];
    for (const rule of this.#config.rules.values()) {
      if (!hasPattern(rule) || !this.#mayExplain(rule.bus)) continue;
      await this.#breathe();
      if (this.isTooCostly) break;
      const fits = this.#counted((steps) => matches(rule.pattern, this.#event, steps)) === true;
      if (rule.bus !== bus) {
        if (fits && rule.state === "ENABLED") elsewhere.push(rule);
      } else if (fits) fitting.push(rule);
      else others.push({ rule, ...this.#counted((steps) => nearestAlternative(rule.pattern, this.#event, steps)) });
    }
    const explained: RuleExplanation[] = [];
    for (const rule of fitting) explained.push(await this.ofRule(rule));
    const matched = explained.filter((rule) => rule.matched).slice(0, MATCHES_MAX);
    others.sort((one, other) => (isNearer(one, other) ? -1 : isNearer(other, one) ? 1 : 0));
    const missed = explained.filter((rule) => !rule.matched).slice(0, NEAR_MISSES_MAX);
    for (const { rule } of others.slice(0, NEAR_MISSES_MAX - missed.length)) missed.push(await this.ofRule(rule));
    return {
      configuration: this.#config.document.digest,
      bus,
      matched,
      missed,
      leftOut: fitting.length + others.length - matched.length - missed.length,
      onOtherBuses: await this.#namesOfMatching(elsewhere),
    };
  }

  async ofRule(rule: PatternRule): Promise<RuleExplanation> {
    await this.#breathe();
    const misses = this.#counted((steps) => missesOf(rule.pattern, this.#event, steps));
    const conditions = misses.length === 0 ? await this.#conditionsResult(rule) : undefined;
    const matched = misses.length === 0 && rule.state === "ENABLED" && (conditions ?? "met") === "met";
    return {
      bus: rule.bus,
      rule: rule.name,
      state: rule.state,
      matched,
      misses,
      ...(conditions === undefined ? {} : { conditions }),
      ...(conditions === "not met" ? { unmetComparisons: (await rule.conditions?.unmet(this.#event)) ?? [] } : {}),
      targets: await Promise.all(
        rule.targets.map(async ({ id, to, delaySeconds, batch }) => ({
          id,
          ...to,
          ...(delaySeconds === undefined ? {} : { delaySeconds }),
          ...(batch === undefined ? {} : { batch }),
          ...(matched && to.kind === "event-bus" && this.#mayExplain(to.name)
            ? { rules: await this.#rulesOn(to.name) }
            : {}),
        })),
      ),
    };
  }

  #rulesOn(bus: string): Promise<readonly string[]> {
    const known = this.#further.get(bus);
    if (known !== undefined) return known;
    const fitting = this.#config.rulesByBus.get(bus)?.match(Buffer.from(JSON.stringify(this.#event))) ?? [];
    if (typeof fitting === "string") this.isTooCostly = true;
    const names = this.#namesOfMatching(typeof fitting === "string" ? [] : fitting);
    this.#further.set(bus, names);
    return names;
  }

  /** The first of the rules whose pattern fits and whose conditions are met. */
  async #namesOfMatching(fitting: readonly Rule[]): Promise<readonly string[]> {
    const names: string[] = [];
    for (const rule of fitting) {
      await this.#breathe();
      if (((await this.#conditionsResult(rule)) ?? "met") !== "met") continue;
      if (names.push(ruleKey(rule.bus, rule.name)) === NEAR_MISSES_MAX) break;
    }
    return names;
  }

  async #conditionsResult(rule: Rule): Promise<ConditionsResult | undefined> {
    if (rule.conditions === undefined) return undefined;
    try {
      return (await rule.conditions.areMet(this.#event)) ? "met" : "not met";
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Does some work on one rule, within the steps for one rule and those that are left for all. */
  #counted<Result>(work: (steps: Steps) => Result): Result {
    const steps = new Steps(Math.min(RULE_STEPS_MAX, this.#steps.left));
    const before = steps.left;
    const result = work(steps);
    this.#steps.left -= before - steps.left;
    if (steps.areSpent) this.isTooCostly = true;
    return result;
  }

  async #breathe(): Promise<void> {
    if (this.#compared++ % SLICE === SLICE - 1) await this.#pause();
  }
}
