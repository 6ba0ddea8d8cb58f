import type { Limit } from "../../domain/limits.ts";
import { Shares } from "../budget/shares.ts";

/** A put that waits longer than this waits behind too many others. */
const WAIT_MS_WANTED = 200;
/** The limit is multiplied by this when waits get too long. */
const DECREASE = 0.5;
/** The limit grows by this for each entry whose wait was short. */
const INCREASE = 0.1;
const ENTRIES_MIN = 500;

/**
 * Decides how many entries may wait for the broker at once. With more of them each waits longer, and none is stored
 * sooner. So the limit follows the waits: it grows a little with each put that waited briefly, and is halved when waits
 * get long. TCP finds the pace of a network in the same way (RFC 5681, congestion avoidance). Callers share the limit
 * (`flow/budget/shares.ts`), so that one with hundreds of connections does not keep another out.
 */
export class Admission {
  readonly #limit: Limit;
  readonly #steadyMs: () => number;
  #allowed: number;
  readonly #waiting = new Shares();
  #decreasedAtMs = -Infinity;

  /**
   * @param limit the most entries that may wait, however quick the broker is.
   * @param steadyMs a clock that nobody sets: it only goes forward.
   */
  constructor(limit: Limit, steadyMs: () => number) {
    this.#limit = limit;
    this.#steadyMs = steadyMs;
    this.#allowed = limit.max;
  }

  /** How many entries may wait for the broker at this moment, and how many do. */
  get allowed(): number {
    return Math.floor(this.#allowed);
  }

  get waiting(): number {
    return this.#waiting.total;
  }

  /**
   * Whether there is room to read another request. A request without room is counted.
   *
   * @param who the principal's id, or the address of a caller without credentials.
   */
  hasRoom(who: string): boolean {
    const room = this.#waiting.hasRoom(who, 1, this.#allowed);
    if (!room) this.#limit.exceeded();
    return room;
  }

  /**
   * Admits a request's entries if there is room. There always is when no other request waits.
   *
   * @returns a function to call once, when they have been answered; undefined when there is no room.
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
    // The waits of a few say nothing about the limit: a broker that stalls is slow for everybody.
    if (!wasFull) return;
    if (waitedMs <= WAIT_MS_WANTED) this.#allowed = Math.min(this.#limit.max, this.#allowed + entries * INCREASE);
    else if (this.#steadyMs() - this.#decreasedAtMs >= waitedMs) {
      // Entries that waited together lower the limit once.
      this.#decreasedAtMs = this.#steadyMs();
      this.#allowed = Math.max(Math.min(ENTRIES_MIN, this.#limit.max), Math.floor(this.#allowed * DECREASE));
    }
  }
}
