import type { Limit } from "../../domain/limits.ts";
import { Shares } from "../budget/shares.ts";

/** Puts that wait longer than this wait because there are too many of them. */
const WAIT_MS_WANTED = 200;
/** Of the entries that may wait, so many stay when the waits get too long. */
const DECREASE = 0.5;
/** How much more may wait, for each entry that has waited for a short time. */
const INCREASE = 0.1;
const ENTRIES_MIN = 500;

/**
 * Decides how many entries callers may wait for at once. With more of them each waits longer and none is stored sooner,
 * so their number follows how long they wait: while the waits are short a little more is let in with each put, and when
 * they get long, half of them. It is how TCP finds the pace of a network (RFC 5681, congestion avoidance). Callers share
 * what is let in (`flow/shares.ts`), so that one with hundreds of connections does not keep another out.
 */
export class Admission {
  readonly #limit: Limit;
  readonly #steadyMs: () => number;
  #allowed: number;
  readonly #waiting = new Shares();
  #decreasedAtMs = -Infinity;

  /**
   * @param limit how many entries may wait at most, however quick the broker is.
   * @param steadyMs a clock that nobody sets: it only goes forward.
   */
  constructor(limit: Limit, steadyMs: () => number) {
    this.#limit = limit;
    this.#steadyMs = steadyMs;
    this.#allowed = limit.max;
  }

  /**
   * Whether another request is worth reading; counted where it is not.
   *
   * @param who sent it: a principal's id, or an address where nobody is asked.
   */
  hasRoom(who: string): boolean {
    const room = this.#waiting.hasRoom(who, 1, this.#allowed);
    if (!room) this.#limit.exceeded();
    return room;
  }

  /**
   * Lets a request's entries in if there is room; a request that comes alone always finds some.
   *
   * @returns what is to be called, once, when they have been answered; undefined when there is no room.
   */
  enter(entries: number, who: string): (() => void) | undefined {
    if (this.#waiting.total > 0 && !this.#waiting.hasRoom(who, entries, this.#allowed)) {
      this.#limit.exceeded();
      return undefined;
    }
    this.#waiting.take(who, entries);
    const enteredAtMs = this.#steadyMs();
    return () => this.#leave(entries, who, this.#steadyMs() - enteredAtMs);
  }

  #leave(entries: number, who: string, waitedMs: number): void {
    const wasFull = this.#waiting.total * 2 > this.#allowed;
    this.#waiting.release(who, entries);
    // How long a few wait says nothing about how many there is room for: a broker that stalls is slow for everybody.
    if (!wasFull) return;
    if (waitedMs <= WAIT_MS_WANTED) this.#allowed = Math.min(this.#limit.max, this.#allowed + entries * INCREASE);
    else if (this.#steadyMs() - this.#decreasedAtMs >= waitedMs) {
      // Once for all that waited together.
      this.#decreasedAtMs = this.#steadyMs();
      this.#allowed = Math.max(Math.min(ENTRIES_MIN, this.#limit.max), Math.floor(this.#allowed * DECREASE));
    }
  }
}
