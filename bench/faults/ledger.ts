import type { Ends } from "./configuration.ts";

/** A delivery that has come to an end. */
export interface End {
  readonly eventId: string;
  readonly target: string;
  /** `function/NAME`, `api-destination/NAME` or `queue/NAME`. */
  readonly place: string;
  readonly deliveryId: string;
}

/** Where all accepted events have ended. Events are counted once, deliveries once for each target. */
export interface Account {
  readonly accepted: number;
  readonly delivered: number;
  /** In every place that the configuration names for the target's failures, or parked. */
  readonly deadLettered: number;
  /** Deliveries that are not in every place where they have to be. */
  readonly lost: number;
  /** Deliveries that a person deleted together with a queue. */
  readonly excused: number;
  /** Second ends in the same place with the same delivery id: what at least once allows. */
  readonly duplicates: number;
  /** Of those dead-lettered, how many are parked. */
  readonly parked: number;
  /** Ends that nothing explains: with a second delivery id, or where the configuration sends nothing. */
  readonly wrong: number;
  /** The first few of what was lost or wrong, for whoever looks into it. */
  readonly examples: readonly string[];
}

const PARKED = "queue/busbar.parked";
const EXAMPLES_MAX = 5;

/** How the deliveries of an event have to end, by target. */
type Expectation = ReadonlyMap<string, Ends>;
/** What became of a delivery. */
export type Fate = "delivered" | "deadLettered" | "parked" | "lost" | "excused";

/** The books: every end that the functions and queues have seen. */
export class Ledger {
  readonly #usual: Expectation;
  readonly #unusual: { readonly events: ReadonlySet<string>; readonly expected: Expectation }[] = [];
  /** How often each delivery id ended, by place, target and event. */
  readonly #ends = new Map<string, Map<string, Map<string, number>>>();

  constructor(usual: Expectation) {
    this.#usual = usual;
  }

  /** Events that have other ends than the usual ones. More may be added to the set later: a load's accepted ones, say. */
  expect(events: ReadonlySet<string>, expected: Expectation): void {
    this.#unusual.push({ events, expected });
  }

  add({ eventId, target, place, deliveryId }: End): void {
    const ofEvent = this.#ends.get(eventId) ?? new Map<string, Map<string, number>>();
    const key = endKey(target, place);
    const ids = ofEvent.get(key) ?? new Map<string, number>();
    ids.set(deliveryId, (ids.get(deliveryId) ?? 0) + 1);
    ofEvent.set(key, ids);
    this.#ends.set(eventId, ofEvent);
  }

  /** Whether a message that the bench may have read twice is in the books already. */
  has({ eventId, target, place, deliveryId }: End): boolean {
    return this.#ends.get(eventId)?.get(endKey(target, place))?.has(deliveryId) ?? false;
  }

  /** How often an event's delivery to a target has ended in a place. */
  times(eventId: string, target: string, place: string): number {
    const ids = this.#ends.get(eventId)?.get(endKey(target, place));
    return [...(ids?.values() ?? [])].reduce((sum, times) => sum + times, 0);
  }

  /** Whether an event has ended at every target. */
  isComplete(eventId: string): boolean {
    return [...this.#expected(eventId).keys()].every((target) => this.#fate(eventId, target) !== "lost");
  }

  /** What became of an event's deliveries, by target. */
  fates(eventId: string): ReadonlyMap<string, Fate> {
    return new Map([...this.#expected(eventId).keys()].map((target) => [target, this.#fate(eventId, target)] as const));
  }

  account(accepted: ReadonlySet<string>): Account {
    const counts = { delivered: 0, deadLettered: 0, parked: 0, lost: 0, excused: 0, duplicates: 0, wrong: 0 };
    const examples: string[] = [];
    for (const eventId of accepted) {
      for (const target of this.#expected(eventId).keys()) {
        const fate = this.#fate(eventId, target);
        counts[fate] += 1;
        if (fate === "parked") counts.deadLettered += 1;
        if (fate === "lost") examples.push(`${eventId} → ${target} is lost; ${this.#describe(eventId)}`);
      }
      for (const [key, ids] of this.#ends.get(eventId) ?? []) {
        for (const times of ids.values()) counts.duplicates += times - 1;
        const strays = this.#isExpected(eventId, key) ? ids.size - 1 : ids.size;
        counts.wrong += strays;
        if (strays > 0)
          examples.push(`${eventId} ended ${strays} time(s) without a reason; ${this.#describe(eventId)}`);
      }
    }
    return { accepted: accepted.size, ...counts, examples: examples.slice(0, EXAMPLES_MAX) };
  }

  #fate(eventId: string, target: string): Fate {
    const ofEvent = this.#ends.get(eventId);
    const ends = this.#expected(eventId).get(target);
    if (ends === undefined) return "lost";
    const isAt = (place: string): boolean => ofEvent?.has(endKey(target, place)) ?? false;
    if (ends.places.every(isAt) && !ends.places.includes(PARKED)) return ends.delivered ? "delivered" : "deadLettered";
    if (ends.orElse?.some(isAt)) return "deadLettered";
    if (isAt(PARKED)) return "parked";
    return ends.optional ? "excused" : "lost";
  }

  #expected(eventId: string): Expectation {
    return this.#unusual.find(({ events }) => events.has(eventId))?.expected ?? this.#usual;
  }

  #isExpected(eventId: string, key: string): boolean {
    const [target = "", place = ""] = key.split(" at ");
    const ends = this.#expected(eventId).get(target);
    if (ends === undefined) return false;
    return place === PARKED || ends.places.includes(place) || (ends.orElse?.includes(place) ?? false);
  }

  #describe(eventId: string): string {
    const ends = [...(this.#ends.get(eventId) ?? [])].map(([key, ids]) => `${key} (${[...ids.keys()].join(", ")})`);
    return ends.length === 0 ? "it has ended nowhere" : `it ended: ${ends.join("; ")}`;
  }
}

function endKey(target: string, place: string): string {
  return `${target} at ${place}`;
}
