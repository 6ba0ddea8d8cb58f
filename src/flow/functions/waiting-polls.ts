import type { Poll } from "../../ports/functions/functions.ts";

/** A poll that waits, and may be given to a caller meanwhile. */
export interface OfferedPoll {
  /** Fires when it has been given away, or is gone. */
  readonly ended: AbortSignal;
  /** Takes it back. Undefined when that came in time; else resolves with whether the caller has used it up. */
  withdraw(): Promise<boolean> | undefined;
}

/** A poll that a caller has got. */
export interface TakenPoll {
  readonly poll: Poll;
  /** To be called once. A poll that was not used waits on, for others. */
  readonly done: (isUsed: boolean) => void;
}

interface Offer {
  readonly poll: Poll;
  /** Gives it away. */
  readonly give: () => TakenPoll;
}

/** Callers that wait for a poll of one function at once: each holds a payload. */
const CALLERS_MAX = 1_000;

/**
 * The polls of functions that wait for work here. Callers who wait for an answer get them before the queue does, in the
 * order in which they came: so nobody waits behind a backlog.
 */
export class WaitingPolls {
  /** By function, the one that has waited longest first. */
  readonly #offers = new Map<string, Set<Offer>>();
  readonly #callers = new Map<string, Set<(taken: TakenPoll | undefined) => void>>();

  /** Offers a poll that has nothing to do yet. */
  offer(poll: Poll): OfferedPoll {
    const ended = new AbortController();
    const end = (): void => ended.abort();
    let used: Promise<boolean> | undefined;
    const offer: Offer = {
      poll,
      give: () => {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        used = promise;
        leave();
        end();
        return { poll, done: resolve };
      },
    };
    const leave = (): void => {
      poll.gone.removeEventListener("abort", end);
      remove(this.#offers, poll.functionName, offer);
    };
    poll.gone.addEventListener("abort", end, { once: true });
    if (poll.gone.aborted) end();
    add(this.#offers, poll.functionName, offer);
    const [caller] = this.#callers.get(poll.functionName) ?? [];
    if (caller !== undefined && !poll.gone.aborted) caller(offer.give());
    return {
      ended: ended.signal,
      withdraw: () => {
        if (used === undefined) leave();
        return used;
      },
    };
  }

  /** Takes the poll of a function that has waited longest, if there is one. */
  tryTake(functionName: string): TakenPoll | undefined {
    for (const offer of this.#offers.get(functionName) ?? []) {
      if (!offer.poll.gone.aborted) return offer.give();
    }
    return undefined;
  }

  /** Whether so many callers wait for a function that no more may. */
  isFull(functionName: string): boolean {
    return (this.#callers.get(functionName)?.size ?? 0) >= CALLERS_MAX;
  }

  /**
   * Takes the poll of a function that has waited longest, or waits for one.
   *
   * @param over fires when the caller waits no longer.
   * @returns undefined when none came, and `full` when too many callers wait already.
   */
  async take(functionName: string, over: AbortSignal): Promise<TakenPoll | "full" | undefined> {
    const there = this.tryTake(functionName);
    if (there !== undefined || over.aborted) return there;
    if (this.isFull(functionName)) return "full";
    return new Promise((resolve) => {
      // In the turn in which the wait ends: nothing may be given to a caller that has gone.
      const settle = (taken: TakenPoll | undefined): void => {
        over.removeEventListener("abort", leave);
        remove(this.#callers, functionName, settle);
        resolve(taken);
      };
      const leave = (): void => settle(undefined);
      over.addEventListener("abort", leave, { once: true });
      add(this.#callers, functionName, settle);
    });
  }
}

function add<Each>(all: Map<string, Set<Each>>, name: string, one: Each): void {
  all.set(name, (all.get(name) ?? new Set()).add(one));
}

function remove<Each>(all: Map<string, Set<Each>>, name: string, one: Each): void {
  const some = all.get(name);
  some?.delete(one);
  if (some?.size === 0) all.delete(name);
}
