import type { Config } from "../../core/config.ts";
import type { RuleTarget } from "../../core/delivery.ts";
import type { BusEvent } from "../../core/event.ts";
import type { JsonObject } from "../../core/json.ts";
import { parseObjectComparably } from "../../core/comparable-json.ts";
import type { FailureReason } from "../../core/reason.ts";
import type { Rule } from "../../core/rule.ts";
import type { Target } from "../../core/target.ts";

/** How many buses an event may cross; the next one is taken for a loop. */
export const HOPS_MAX = 16;

/** How many deliveries one entry may make. Rules that would make more are a mistake that must not take the router down. */
export const DELIVERIES_MAX = 1_000;

/** A target that an event reaches. */
export interface Hit {
  readonly origin: RuleTarget;
  readonly target: Target;
  readonly hops: number;
  /** Set when it cannot be delivered, and goes to the dead letters instead. */
  readonly failure?: { readonly reason: FailureReason; readonly message: string };
}

export interface Match {
  readonly hits: readonly Hit[];
  readonly rules: readonly { readonly bus: string; readonly rule: string }[];
  /** The event would make more than `DELIVERIES_MAX` deliveries: it must be refused. */
  readonly tooMany: boolean;
}

/**
 * Finds every target that an event reaches on a bus. Bus targets are expanded in place: the event goes on to the
 * other bus's rules, one hop further.
 *
 * @param fitting the rules of its own bus whose pattern it fits.
 * @param hops how many buses the event has crossed before, more than 0 for a function's record.
 */
export async function match(
  event: BusEvent,
  config: Config,
  fitting: readonly Rule[] = rulesOn(event.bus, event, config),
  hops = 0,
): Promise<Match> {
  let parsed: JsonObject | undefined;
  const fields = (): JsonObject => (parsed ??= parseObjectComparably(event.json));
  const hits: Hit[] = [];
  const rules: Match["rules"][number][] = [];
  const pending = [{ fitting, hops }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    for (const rule of next.fitting) {
      const met = rule.conditions === undefined ? true : await meets(rule.conditions, fields());
      if (met === false) continue;
      rules.push({ bus: rule.bus, rule: rule.name });
      for (const target of rule.targets) {
        const hit = hitOf(rule, target, next.hops, met);
        if (target.to.kind === "event-bus" && hit.failure === undefined) {
          pending.push({ fitting: rulesOn(target.to.name, event, config), hops: next.hops + 1 });
        } else hits.push(hit);
        if (hits.length + pending.length > DELIVERIES_MAX) return { hits: [], rules, tooMany: true };
      }
    }
  }
  return { hits, rules, tooMany: false };
}

function rulesOn(bus: string, event: BusEvent, config: Config): readonly Rule[] {
  const rules = config.rulesByBus.get(bus)?.match(event.body) ?? [];
  return typeof rules === "string" ? [] : rules;
}

async function meets(conditions: NonNullable<Rule["conditions"]>, fields: JsonObject): Promise<boolean | Error> {
  try {
    return await conditions.areMet(fields);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function hitOf(rule: Rule, target: Target, hops: number, met: true | Error): Hit {
  const hit = { origin: { bus: rule.bus, rule: rule.name, target: target.id }, target, hops };
  if (met !== true) return { ...hit, failure: { reason: "condition_error", message: met.message } };
  if (target.to.kind === "event-bus" && hops >= HOPS_MAX) {
    return { ...hit, failure: { reason: "loop", message: `the event crossed ${HOPS_MAX} event buses` } };
  }
  return hit;
}
