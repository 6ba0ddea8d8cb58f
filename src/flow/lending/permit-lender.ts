import type { PermitLoan, PermitReport } from "./permit-message.ts";

/**
 * How long after a router's last report its permits are lent to others. The router stops using them `USED_MS` after it sent
 * the report that was answered, which is sooner.
 */
export const LENT_MS = 4_000;
export const USED_MS = 3_000;
/** How often a router is asked at most what it uses. */
const ASKED_MS = 100;
/** How long a router has what it was lent before others who have less than their part get some of it. */
const TURN_MS = 500;

/** A loan for a router, without what its sender adds. */
export type LoanFor = Omit<PermitLoan, "type" | "from" | "term"> & { readonly to: string };

/** What a router has, as the lender counts it: never less than the router does. */
interface Borrowed {
  lent: number;
  /** As the last loan says: less than `lent` while it is to return some. */
  permits: number;
  wants: number;
  /** How many there are by its configuration. */
  limit: number;
  number: number;
  ask: number;
  untilMs: number;
  /** When it was asked for what it does not use, and whether it has not answered. */
  askedAtMs: number;
  isAsked: boolean;
  /** Whether it was told that others are asked for it. */
  isPromised: boolean;
  /** When it was lent some more for the last time. */
  lentAtMs: number;
  /** When it began to want more than it has; undefined while it does not. */
  unmetSinceMs: number | undefined;
}

/**
 * Lends the permits of functions to routers, so that all of them together never have more than there are. A router that
 * wants more gets what is free, else what others do not use, else what they have beyond an equal part.
 */
export class PermitLender {
  readonly #limitOf: (functionName: string) => number | undefined;
  readonly #borrowed = new Map<string, Map<string, Borrowed>>();
  readonly #lendsFromMs: number;

  /**
   * @param limitOf how many permits a function has; undefined where the configuration says nothing of it: then the largest
   * number counts that a router reports.
   * @param beganMs when the term of this lender began: what a former one lent is reported within `LENT_MS`.
   */
  constructor(limitOf: (functionName: string) => number | undefined, beganMs: number) {
    this.#limitOf = limitOf;
    this.#lendsFromMs = beganMs + LENT_MS;
  }

  /** Takes a router's report. @returns the loans to be sent: the first answers it. */
  hear(report: PermitReport, nowMs: number): readonly LoanFor[] {
    const { functionName, from, ask, has, wants, seen } = report;
    const routers = this.#borrowed.get(functionName) ?? new Map<string, Borrowed>();
    this.#borrowed.set(functionName, routers);
    for (const [router, { untilMs }] of routers) if (untilMs < nowMs) routers.delete(router);
    const before = routers.get(from);
    // A report from before the last loan came says nothing of that loan.
    const isCurrent = before === undefined || before.number === seen.number;
    const one: Borrowed = {
      lent: isCurrent ? has : Math.max(has, before.lent),
      permits: before === undefined ? has : Math.min(before.permits, isCurrent ? has : Infinity),
      wants,
      limit: report.limit ?? 0,
      number: before?.number ?? seen.number,
      ask,
      untilMs: nowMs + LENT_MS,
      lentAtMs: before?.lentAtMs ?? -Infinity,
      askedAtMs: before?.askedAtMs ?? -Infinity,
      isAsked: before !== undefined && before.isAsked && !isCurrent,
      isPromised: false,
      unmetSinceMs: undefined,
    };
    routers.set(from, one);
    // A new configuration may have come to others first.
    const limit = this.#limitOf(functionName) ?? Math.max(...[...routers.values()].map((each) => each.limit));
    one.unmetSinceMs = wants > one.lent ? (before?.unmetSinceMs ?? nowMs) : undefined;
    const changed = new Set([from, ...this.#share(routers, limit, nowMs)]);
    const isRecalling = [...routers.values()].some(({ isAsked }) => isAsked);
    // Who waits for others' answers is answered itself when they have.
    for (const [to, { isPromised }] of routers) if (isPromised && !isRecalling) changed.add(to);
    // Who has and wants none hears nothing: forgotten here, it counts on from the number that it knows.
    // A loan that is on its way to it counts on, since it may use that when it comes.
    const isOver = has === 0 && wants === 0;
    if (isOver) changed.delete(from);
    const loans = [...changed].flatMap((to) => {
      const borrowed = routers.get(to);
      if (borrowed === undefined) return [];
      borrowed.number += 1;
      borrowed.isPromised = isRecalling && borrowed.wants > borrowed.lent;
      const { number, permits, isAsked: isWanted } = borrowed;
      return [{ to, functionName, number, ask: borrowed.ask, permits, isRecalling, isWanted }];
    });
    if (isOver && isCurrent) routers.delete(from);
    if (routers.size === 0) this.#borrowed.delete(functionName);
    return loans;
  }

  /** @returns the routers whose permits have changed. */
  #share(routers: ReadonlyMap<string, Borrowed>, limit: number, nowMs: number): readonly string[] {
    const changed: string[] = [];
    const set = (router: string, borrowed: Borrowed, permits: number): void => {
      if (permits !== borrowed.permits) changed.push(router);
      borrowed.permits = permits;
    };
    const lent = (): number => [...routers.values()].reduce((sum, each) => sum + each.lent, 0);
    const unmet = [...routers]
      .filter(([, { unmetSinceMs }]) => unmetSinceMs !== undefined)
      .toSorted(([, one], [, other]) => (one.unmetSinceMs ?? 0) - (other.unmetSinceMs ?? 0));
    const part = Math.floor(limit / Math.max(1, [...routers.values()].filter(({ wants }) => wants > 0).length));
    const mayLend = nowMs >= this.#lendsFromMs;
    // Who has less than its part comes first; among equals, who has waited longest.
    for (const upTo of mayLend ? [Math.max(1, part), Infinity] : []) {
      for (const [router, borrowed] of unmet) {
        const free = limit - lent();
        const more = Math.min(free, borrowed.wants - borrowed.lent, upTo - borrowed.lent);
        if (more <= 0) continue;
        borrowed.lent += more;
        borrowed.lentAtMs = nowMs;
        set(router, borrowed, borrowed.lent);
        // It has had its turn: another comes first next time.
        borrowed.unmetSinceMs = borrowed.wants > borrowed.lent ? nowMs : undefined;
      }
    }
    const still = unmet.filter(([, { wants, lent: has }]) => wants > has);
    const excess = lent() > limit;
    for (const [router, borrowed] of routers) {
      const others = still.filter(([name]) => name !== router);
      if (others.length > 0 && borrowed.lent > 0 && nowMs - borrowed.askedAtMs >= ASKED_MS) {
        borrowed.askedAtMs = nowMs;
        borrowed.isAsked = true;
        changed.push(router);
      }
      const isBelow = others.some(([, { lent: has }]) => has < Math.max(1, part));
      const unused = others.length > 0 ? Math.min(borrowed.lent, borrowed.wants) : borrowed.lent;
      const isOver = excess || (isBelow && nowMs - borrowed.lentAtMs >= TURN_MS);
      const kept = isOver && unused > part ? part : unused;
      set(router, borrowed, kept);
    }
    return changed;
  }
}
