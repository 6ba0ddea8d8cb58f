import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { RuleTarget } from "../../domain/delivery/delivery.ts";
import { CONSEQUENCES_MAX } from "../../domain/delivery/delivery.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import type { DeadLetterFact, RoutedFact } from "../../domain/facts.ts";
import type { IsHeld, Rule } from "../../domain/rule/rule.ts";
import type { Hit, RouteFailure } from "./match.ts";
import { match, SLICE_BYTES } from "./match.ts";
import type { Planned } from "./plan.ts";
import { plan, planUnknownBus } from "./plan.ts";

export interface RouteContext {
  readonly config: Config;
  readonly identity: Identity;
  /** Makes the id of what an event becomes for a target, or without one, for a bus that does not exist. */
  readonly newId: (hit?: Hit) => string;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** Which rules get an event from an archive; left out, all get it directly. */
  readonly isHeld?: IsHeld | undefined;
  /** Which targets do not get the event, though it reaches them; left out, all get it. */
  readonly isSkipped?: ((origin: RuleTarget) => boolean) | undefined;
  /** Whether targets do not delay the event, since it has waited already. */
  readonly isUndelayed?: boolean | undefined;
}

/** How an event came to its bus. */
export interface RouteOptions {
  /** The bus's rules whose pattern it fits, where they are known. */
  readonly fitting?: readonly Rule[];
  /** How many buses and functions it has crossed before: more than 0 for a function's record. */
  readonly hops?: number;
  /** How many deliveries may still follow from what was accepted, these included. */
  readonly budget?: number;
}

export type Routed =
  | {
      readonly ok: true;
      readonly planned: readonly Planned[];
      readonly deadLetters: readonly DeadLetterFact[];
      readonly fact: RoutedFact;
    }
  | ({ readonly ok: false } & RouteFailure);

/**
 * Puts an event on a bus, whether a caller put it, a function's record is one, or a dead letter is redriven: finds
 * what it reaches and works out what has to be stored for that. Nothing is stored here.
 *
 * What may still follow from the event is divided among the functions that it reaches, since only their records go on:
 * so however rules and destinations lead in circles, one accepted event causes no more than `CONSEQUENCES_MAX`.
 */
export async function route(event: BusEvent, context: RouteContext, options: RouteOptions = {}): Promise<Routed> {
  const { fitting, hops = 0, budget = CONSEQUENCES_MAX } = options;
  if (!context.config.eventBuses.has(event.bus)) {
    return routed("unknown", event, [], [planUnknownBus(event, context.newId())]);
  }
  const found = match(event, context, fitting, hops);
  const matched = found instanceof Promise ? await found : found;
  if ("reason" in matched) return { ok: false, ...matched };
  const { hits, rules } = matched;
  if (hits.length > budget) return { ok: false, ...BUDGET_SPENT };
  const functions = hits.filter(({ target }) => target.to.kind === "function").length;
  const budgetEach = Math.floor((budget - hits.length) / Math.max(1, functions));
  const { config, identity, isUndelayed } = context;
  const planContext = { config, identity, budget: budgetEach, isUndelayed };
  const planned: Planned[] = [];
  let renderedBytes = 0;
  for (const hit of hits) {
    if (renderedBytes >= SLICE_BYTES) {
      await context.pause();
      renderedBytes = 0;
    }
    if (hit.target.input.kind !== "event") renderedBytes += event.body.length;
    planned.push(plan(event, hit, context.newId(hit), planContext));
  }
  return routed(event.bus, event, rules, planned);
}

/** Why the consequences of an event end, however they came about. */
export const BUDGET_SPENT: RouteFailure = {
  reason: "loop",
  message: `one event caused more than ${CONSEQUENCES_MAX} deliveries, with the records of its functions`,
};

function routed(bus: string, event: BusEvent, matched: RoutedFact["matched"], planned: readonly Planned[]): Routed {
  const published = planned.flatMap((one) => one.published ?? []);
  const deadLetters = planned.flatMap((one) => one.deadLetter ?? []);
  const archived = planned.flatMap((one) => one.archived ?? []);
  const fact = { bus, event, matched, published, ...(archived.length === 0 ? {} : { archived }) };
  return { ok: true, planned, deadLetters, fact };
}
