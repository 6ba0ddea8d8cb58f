import type { Limit } from "../../core/limits.ts";

/** Puts that wait longer than this wait because there are too many of them. */
const WAIT_MS_WANTED = 200;
/** Of the entries that may wait, so many stay when the waits get too long. */
const DECREASE = 0.8;
const ENTRIES_AT_START = 500;
const ENTRIES_MIN = 20;

/**
 * Decides how many entries callers may wait for at once. With more of them each waits longer and none is stored sooner,
 * so their number follows how long they wait: while the waits are short a little more is let in with each put, and when
 * they get long, a fifth less. It is how TCP finds the pace of a network (RFC 5681, congestion avoidance).
 */
export class Admission {
  readonly #limit: Limit;
  readonly #nowMs: () => number;
  #allowed: number;
  #waiting = 0;
  #decreasedAtMs = -Infinity;

  /** @param limit how many entries may wait at most, however quick the broker is. */
  constructor(limit: Limit, nowMs: () => number) {
    this.#limit = limit;
    this.#nowMs = nowMs;
    this.#allowed = Math.min(ENTRIES_AT_START, limit.max);
  }

  /** Whether another request is worth reading; counted where it is not. */
  hasRoom(): boolean {
    const room = this.#waiting < this.#allowed;
    if (!room) this.#limit.exceeded();
    return room;
  }

  /** Lets a request's entries in if there is room; a request that comes alone always finds some. */
  tryEnter(entries: number): boolean {
    if (this.#waiting > 0 && this.#waiting + entries > this.#allowed) {
      this.#limit.exceeded();
      return false;
    }
    this.#waiting += entries;
    return true;
  }

  /** They have been answered, after so many milliseconds. */
  leave(entries: number, waitedMs: number): void {
    // Room that nobody needed says nothing about what there is room for.
    const wasFull = this.#waiting * 2 > this.#allowed;
    this.#waiting -= entries;
    if (waitedMs <= WAIT_MS_WANTED) {
      if (wasFull) this.#allowed = Math.min(this.#limit.max, this.#allowed + entries);
    } else if (this.#nowMs() - this.#decreasedAtMs >= waitedMs) {
      // Once for all that waited together.
      this.#decreasedAtMs = this.#nowMs();
      this.#allowed = Math.max(Math.min(ENTRIES_MIN, this.#limit.max), Math.floor(this.#allowed * DECREASE));
    }
  }
}
