import type { ConditionsResult, EventExplanation, RuleExplanation } from "../../ports/explain.ts";
import { isNearer, missesOf, nearestAlternative } from "../../pattern/explain.ts";
import { matches } from "../../pattern/matches.ts";
import { Steps } from "../../pattern/steps.ts";
import type { Config } from "../../domain/config.ts";
import type { JsonObject } from "../../json/json.ts";
import type { Rule } from "../../domain/rule/rule.ts";
import { ruleKey } from "../../domain/rule/rule.ts";

/** How many rules that do not match are told, the nearest ones. */
export const NEAR_MISSES_MAX = 10;

/** How many rules that match are told. */
const MATCHES_MAX = 100;

/** How many rules an event is held beside between two pauses. */
const SLICE = 200;

/**
 * How many steps explaining an event beside all rules may take, and beside one: a second and a tenth of one, about. An
 * ordinary event takes some twenty steps a rule.
 */
const STEPS_MAX = 40_000_000;
export const RULE_STEPS_MAX = 3_000_000;

/** Lets other work be done in the middle of a long one. */
export type YieldTurn = () => Promise<unknown>;

/** What events are explained by. */
export interface Explaining {
  readonly config: Config;
  readonly pause: YieldTurn;
  /** Whether whoever asks may hear of a bus's rules. An explanation says nothing of those of other buses. */
  readonly mayExplain: (bus: string) => boolean;
}

/** Tells which rules of a bus an event matches, and what keeps it from the others. */
export async function explainEvent(
  event: JsonObject,
  bus: string,
  explaining: Explaining,
): Promise<EventExplanation | "too costly"> {
  const explainer = new Explainer(event, explaining);
  const explanation = await explainer.onBus(bus);
  return explainer.isTooCostly ? "too costly" : explanation;
}

/** Tells whether a rule matches an event, and what keeps it from doing so. */
export async function explainRule(
  rule: Rule,
  event: JsonObject,
  explaining: Explaining,
): Promise<RuleExplanation | "too costly"> {
  const explainer = new Explainer(event, explaining);
  const explanation = await explainer.ofRule(rule);
  return explainer.isTooCostly ? "too costly" : explanation;
}

/** Holds one event beside rules. */
class Explainer {
  readonly #event: JsonObject;
  readonly #config: Config;
  readonly #pause: YieldTurn;
  readonly #mayExplain: Explaining["mayExplain"];
  #held = 0;
  readonly #steps = new Steps(STEPS_MAX);
  /** Whether the steps were spent; what was found by then counts for nothing. */
  isTooCostly = false;
  /** By bus that a matching rule leads to: the rules that the event matches there. */
  readonly #further = new Map<string, Promise<readonly string[]>>();

  constructor(event: JsonObject, { config, pause, mayExplain }: Explaining) {
    this.#event = event;
    this.#config = config;
    this.#pause = pause;
    this.#mayExplain = mayExplain;
  }

  async onBus(bus: string): Promise<EventExplanation> {
    const fitting: Rule[] = [];
    const elsewhere: Rule[] = [];
    const others: (Parameters<typeof isNearer>[0] & { readonly rule: Rule })[] = [];
    for (const rule of this.#config.rules.values()) {
      if (!this.#mayExplain(rule.bus)) continue;
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
      bus,
      matched,
      missed,
      leftOut: fitting.length + others.length - matched.length - missed.length,
      onOtherBuses: await this.#namesOfMatching(elsewhere),
    };
  }

  async ofRule(rule: Rule): Promise<RuleExplanation> {
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
        rule.targets.map(async ({ id, to }) => ({
          id,
          kind: to.kind,
          name: to.name,
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

  /** Of rules whose pattern fits, those whose conditions are met as well; the first of them. */
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

  /** Does some work on one rule, which may take as many steps as one may, and no more than are left for all. */
  #counted<Result>(work: (steps: Steps) => Result): Result {
    const steps = new Steps(Math.min(RULE_STEPS_MAX, this.#steps.left));
    const before = steps.left;
    const result = work(steps);
    this.#steps.left -= before - steps.left;
    if (steps.areSpent) this.isTooCostly = true;
    return result;
  }

  async #breathe(): Promise<void> {
    if (this.#held++ % SLICE === SLICE - 1) await this.#pause();
  }
}
