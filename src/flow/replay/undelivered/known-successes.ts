import type { RuleTarget } from "../../../domain/delivery/delivery.ts";

/** Facts of all events together: some 60 MiB where events have a few targets. */
export const FACTS_MAX = 1_000_000;

/** What the journal says of an event at a target. `unknown`: it may have lost the record of a success. */
export type DeliveryKnown = "delivered" | "undelivered" | "unknown";

/** That an event was accepted, which is a fact as each of its successes is. */
const ACCEPTED = 0;
/** That it went to more targets than its record lists. */
const UNLISTED = 1;

/** Facts of an event. Many events have the same, and share one of these. */
interface Combination {
  readonly facts: ReadonlySet<number>;
  readonly next: Map<number, Combination>;
}

/**
 * At which targets events have had a success, exactly, as far as the journal says. Bounded: what does not fit is refused, for nothing
 * may be taken for undelivered since there was no room to remember it.
 */
export class KnownSuccesses {
  readonly #factsMax: number;
  readonly #numbers = new Map<string, number>();
  readonly #combinations = new Map<string, Combination>();
  readonly #none: Combination = { facts: new Set(), next: new Map() };
  readonly #byEvent = new Map<string, Combination>();
  #lostUntilMs = -Infinity;
  #facts = 0;

  constructor(factsMax = FACTS_MAX) {
    this.#factsMax = factsMax;
  }

  get isFull(): boolean {
    return this.#facts > this.#factsMax;
  }

  knows(eventId: string): boolean {
    return this.#byEvent.has(eventId);
  }

  /** @param isListed whether all of its targets are in its record. */
  accepted(eventId: string, isListed: boolean): void {
    this.#add(eventId, ACCEPTED);
    if (!isListed) this.#add(eventId, UNLISTED);
  }

  delivered(eventId: string, origin: RuleTarget): void {
    this.#add(eventId, this.#numberOf(origin));
  }

  /** Successes up to that time, in epoch milliseconds, may be missing. */
  lostUntil(atMs: number): void {
    this.#lostUntilMs = Math.max(this.#lostUntilMs, atMs);
  }

  /** @param acceptedAtMs when the event was accepted: nothing that was lost before can be about it. */
  at(eventId: string, acceptedAtMs: number, origin: RuleTarget): DeliveryKnown {
    const facts = this.#byEvent.get(eventId)?.facts;
    if (facts?.has(this.#numbers.get(keyOf(origin)) ?? -1) === true) return "delivered";
    const isWhole = facts?.has(ACCEPTED) === true && !facts.has(UNLISTED) && acceptedAtMs > this.#lostUntilMs;
    return isWhole ? "undelivered" : "unknown";
  }

  #numberOf(origin: RuleTarget): number {
    const key = keyOf(origin);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = UNLISTED + 1 + this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }

  #add(eventId: string, fact: number): void {
    const before = this.#byEvent.get(eventId) ?? this.#none;
    if (before.facts.has(fact)) return;
    this.#facts += 1;
    let after = before.next.get(fact);
    if (after === undefined) {
      after = this.#combined(before, fact);
      before.next.set(fact, after);
    }
    this.#byEvent.set(eventId, after);
  }

  #combined({ facts }: Combination, fact: number): Combination {
    const all = [...facts, fact].sort((a, b) => a - b);
    const key = all.join();
    const known = this.#combinations.get(key);
    if (known !== undefined) return known;
    const combination = { facts: new Set(all), next: new Map<number, Combination>() };
    this.#combinations.set(key, combination);
    this.#facts += all.length;
    return combination;
  }
}

function keyOf({ bus, rule, target }: RuleTarget): string {
  return `${bus}\n${rule}\n${target}`;
}
