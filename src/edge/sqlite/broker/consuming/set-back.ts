/** Less than this is how clocks are kept right: many small corrections, which add up until they are one to deal with. */
const SET_BACK_MS_MIN = 1_000;

/** The wall clock and the monotonic one, in milliseconds. */
export interface Clocks {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}

/**
 * Notices when the machine's clock is set back. Whatever waits for a moment by that clock would wait so much longer,
 * an hour perhaps, so the moment has to be set back as well. A clock that is set forward only lets it come early, and
 * it looks the same as a machine that was asleep.
 */
export class SetBack {
  readonly #clocks: Clocks;
  #aheadMs: number;

  constructor(clocks: Clocks = { wallMs: Date.now, monotonicMs: () => performance.now() }) {
    this.#clocks = clocks;
    this.#aheadMs = this.#nowAheadMs();
  }

  /** How far the clock was set back and this was not yet dealt with, in whole milliseconds; 0 when it was not. */
  pendingMs(): number {
    const backMs = Math.floor(this.#aheadMs - this.#nowAheadMs());
    if (backMs < 0) this.#aheadMs = this.#nowAheadMs();
    return backMs < SET_BACK_MS_MIN ? 0 : backMs;
  }

  /** So many milliseconds have been dealt with. */
  settled(backMs: number): void {
    this.#aheadMs -= backMs;
  }

  #nowAheadMs(): number {
    return this.#clocks.wallMs() - this.#clocks.monotonicMs();
  }
}
