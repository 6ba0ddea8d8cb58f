import { parseExactly } from "../../json/exact-json.ts";
import type { Config } from "../../domain/config.ts";
import type { RuleTarget } from "../../domain/delivery/delivery.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import type { JsonObject } from "../../json/json.ts";
import { EVENT_LEVELS_MAX } from "../../json/depth.ts";
import type { FailureReason } from "../../domain/failure/reason.ts";
import type { IsHeld, Rule } from "../../domain/rule/rule.ts";
import type { Target } from "../../domain/target/target.ts";
import type { Unmatchable } from "../../pattern/rule-index.ts";

/** How many buses an event may cross. One more counts as a loop. */
export const HOPS_MAX = 16;

/**
 * How many deliveries one event on a bus may make, and buses it may cross, in all. Rules that would make more are a
 * mistake that must not take the router down.
 */
export const DELIVERIES_MAX = 1_000;

/** How many bytes are matched or rendered before other work gets a turn: some milliseconds. */
export const SLICE_BYTES = 1024 * 1024;

/** A target that an event reaches. */
export interface Hit {
  readonly origin: RuleTarget;
  readonly target: Target;
  readonly hops: number;
  /** Set when it cannot be delivered, and goes to the dead letters instead. */
  readonly failure?: RouteFailure;
}

/** Why an event does not reach a target, or none at all. */
export interface RouteFailure {
  readonly reason: FailureReason;
  readonly message: string;
}

export interface MatchContext {
  readonly config: Config;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** Which rules get an event from an archive; left out, all get it directly. */
  readonly isHeld?: IsHeld | undefined;
  /** Which targets do not get the event, though it reaches them; left out, all get it. */
  readonly isSkipped?: ((origin: RuleTarget) => boolean) | undefined;
}

/** What an event reaches. */
export interface Matched {
  readonly hits: readonly Hit[];
  /**
   * The rules that matched, each once, however often the event came to their bus. Not those that archives manage. A rule that
   * gets the event from an archive is among them, and has no hits.
   */
  readonly rules: readonly { readonly bus: string; readonly rule: string }[];
}

/** A rule whose pattern and conditions an event fits, or whose conditions could not be evaluated. */
interface Met {
  readonly rule: Rule;
  readonly conditionError?: string;
}

const WHY_UNMATCHABLE: Readonly<Record<Unmatchable, string>> = {
  unreadable: `the event cannot be matched: it is no JSON object, or has more than ${EVENT_LEVELS_MAX} levels`,
  "too costly": "the event cannot be matched: it takes too many steps to match the rules of the event bus",
};

const TOO_MANY: RouteFailure = {
  reason: "fan_out",
  message: `the event would make more than ${DELIVERIES_MAX} deliveries`,
};

/**
 * Finds every target that an event reaches on a bus. Bus targets are expanded in place: the event goes on to the other
 * bus's rules, one hop further. It is matched once on each bus, however often it comes there.
 *
 * @param fitting the rules of its own bus whose pattern it fits, where they are known.
 * @param hops how many buses the event has crossed before, more than 0 for a function's record.
 * @returns what it reaches, or why it reaches nothing at all. A promise only where it has to wait, for a rule's
 *   conditions or for other work: most events are matched at once.
 */
export function match(
  event: BusEvent,
  context: MatchContext,
  fitting?: readonly Rule[],
  hops = 0,
): Matched | RouteFailure | Promise<Matched | RouteFailure> {
  const matching = matchInSteps(event, context, fitting, hops);
  const step = matching.next();
  return step.done === true ? step.value : finish(matching, step.value);
}

async function finish(matching: Matching, waiting: Promise<void>): Promise<Matched | RouteFailure> {
  for (let wait = waiting; ;) {
    await wait;
    const step = matching.next();
    if (step.done === true) return step.value;
    wait = step.value;
  }
}

/** Yields what has to be waited for. */
type Matching = Generator<Promise<void>, Matched | RouteFailure, undefined>;

function* matchInSteps(
  event: BusEvent,
  context: MatchContext,
  fitting: readonly Rule[] | undefined,
  hops: number,
): Matching {
  const rules = new RulesMet(event, context);
  const own = yield* rules.on(event.bus, fitting);
  if (typeof own === "string") return unmatchable(own);
  const hits: Hit[] = [];
  const arrivals = [{ met: own, hops }];
  for (const arrival of arrivals) {
    for (const { rule, conditionError } of arrival.met) {
      if (comesFromArchive(rule, arrival.met, event, context)) continue;
      for (const target of rule.targets) {
        const hit = hitOf(rule, target, arrival.hops, conditionError);
        const crosses = target.to.kind === "event-bus" && hit.failure === undefined;
        const met = crosses ? yield* rules.on(target.to.name) : undefined;
        if (met === undefined) {
          if (context.isSkipped?.(hit.origin) !== true) hits.push(hit);
        } else if (typeof met === "string") hits.push({ ...hit, failure: unmatchable(met) });
        else arrivals.push({ met, hops: arrival.hops + 1 });
        // The first arrival is at the event's own bus, and no crossing.
        if (hits.length + arrivals.length - 1 > DELIVERIES_MAX) return TOO_MANY;
      }
    }
  }
  return { hits, rules: rules.all };
}

/**
 * Whether a rule gets the event when it is read from the archive. What that archive does not keep comes to it directly, or it
 * would never come.
 */
function comesFromArchive(
  rule: Rule,
  met: readonly Met[],
  { acceptedAtMs }: BusEvent,
  { isHeld }: MatchContext,
): boolean {
  const archive = rule.startFrom?.archive;
  if (archive === undefined || isHeld?.(rule, acceptedAtMs) !== true) return false;
  return met.some(({ rule: { managedBy, targets } }) => managedBy !== undefined && targets[0]?.to.name === archive);
}

function unmatchable(why: Unmatchable): RouteFailure {
  return { reason: "unmatchable", message: WHY_UNMATCHABLE[why] };
}

/** The rules that one event meets on each bus that it comes to. */
class RulesMet {
  /** Those of all buses so far, each once. */
  readonly all: { readonly bus: string; readonly rule: string }[] = [];
  readonly #event: BusEvent;
  readonly #context: MatchContext;
  readonly #byBus = new Map<string, readonly Met[] | Unmatchable>();
  #fields: JsonObject | undefined;
  #matchedBytes = 0;

  constructor(event: BusEvent, context: MatchContext) {
    this.#event = event;
    this.#context = context;
  }

  /** @param fitting the bus's rules whose pattern the event fits, where they are known. */
  *on(bus: string, fitting?: readonly Rule[]): Generator<Promise<void>, readonly Met[] | Unmatchable, undefined> {
    const known = this.#byBus.get(bus);
    if (known !== undefined) return known;
    if (fitting === undefined && this.#matchedBytes >= SLICE_BYTES) {
      yield this.#context.pause();
      this.#matchedBytes = 0;
    }
    const matched = fitting ?? this.#match(bus);
    const met: Met[] = [];
    this.#byBus.set(bus, typeof matched === "string" ? matched : met);
    if (typeof matched === "string") return matched;
    for (const rule of matched) {
      const { conditions } = rule;
      if (conditions === undefined) met.push({ rule });
      else yield this.#meet(rule, conditions, met);
    }
    for (const { rule } of met) if (rule.managedBy === undefined) this.all.push({ bus: rule.bus, rule: rule.name });
    return met;
  }

  #match(bus: string): readonly Rule[] | Unmatchable {
    const index = this.#context.config.rulesByBus.get(bus);
    if (index === undefined) return [];
    this.#matchedBytes += this.#event.body.length;
    return index.match(this.#event.body);
  }

  async #meet(rule: Rule, conditions: NonNullable<Rule["conditions"]>, met: Met[]): Promise<void> {
    try {
      this.#fields ??= parseExactly(this.#event.json) as JsonObject;
      if (await conditions.areMet(this.#fields)) met.push({ rule });
    } catch (error) {
      met.push({ rule, conditionError: error instanceof Error ? error.message : String(error) });
    }
  }
}

function hitOf(rule: Rule, target: Target, hops: number, conditionError: string | undefined): Hit {
  const hit = { origin: { bus: rule.bus, rule: rule.name, target: target.id }, target, hops };
  if (conditionError !== undefined) {
    return { ...hit, failure: { reason: "condition_error", message: conditionError } };
  }
  if (target.isGone === true) {
    return {
      ...hit,
      failure: { reason: "target_gone", message: `${target.to.kind} "${target.to.name}" does not exist` },
    };
  }
  if (target.to.kind === "event-bus" && hops >= HOPS_MAX) {
    return { ...hit, failure: { reason: "loop", message: `the event crossed ${HOPS_MAX} event buses` } };
  }
  return hit;
}
