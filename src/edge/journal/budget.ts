/** How often the spending of the time before is looked at. */
const WINDOW_MS = 1_000;
/** So many quiet windows in a row, and a level is given up. */
const QUIET_WINDOWS = 5;
/** A window is quiet when it spent less than this share of what it may: going down doubles what is written. */
const QUIET_SHARE = 0.4;
/** One event in 65,536 is the least that is written. */
const LEVEL_MAX = 17;
/** Within one window successes and bodies take no more than so many times its bytes, and everything together no more than this. */
const SUCCESSES_BURST = 2;
const BURST = 4;

/**
 * Keeps what is written below so many bytes a second, by leaving out what tells least. Level 0 writes all there is; from
 * level 1 on no bodies; from level 2 on one in so many events that succeed, twice as many with each level.
 */
export class Budget {
  readonly #nowMs: () => number;
  #bytesMax: number;
  #windowEndsMs = -Infinity;
  #spentBytes = 0;
  #quietWindows = 0;
  #level = 0;

  /** @param nowMs a clock that only goes forward. */
  constructor(bytesPerSecondMax: number, nowMs: () => number) {
    this.#bytesMax = bytesPerSecondMax;
    this.#nowMs = nowMs;
  }

  /** Bytes a second, from now on. */
  set bytesPerSecondMax(bytes: number) {
    this.#bytesMax = bytes;
  }

  spend(bytes: number): void {
    this.#look();
    this.#spentBytes += bytes;
  }

  get keepsBodies(): boolean {
    this.#look();
    return this.#level === 0 && this.#spentBytes <= SUCCESSES_BURST * this.#bytesMax;
  }

  /** One in so many events is written as long as it succeeds. */
  get oneIn(): number {
    this.#look();
    return this.#level < 2 ? 1 : 2 ** (this.#level - 1);
  }

  /** Whether there is room for another success in this second. */
  get hasRoomForSuccess(): boolean {
    this.#look();
    return this.#spentBytes <= SUCCESSES_BURST * this.#bytesMax;
  }

  /** Whether there is room for anything in this second. */
  get hasRoom(): boolean {
    this.#look();
    return this.#spentBytes <= BURST * this.#bytesMax;
  }

  #look(): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#windowEndsMs) return;
    this.#judge();
    // A second without a record is a quiet one.
    if (nowMs >= this.#windowEndsMs + QUIET_WINDOWS * WINDOW_MS) this.#level = 0;
    this.#windowEndsMs = nowMs + WINDOW_MS;
    this.#spentBytes = 0;
  }

  #judge(): void {
    if (this.#spentBytes > this.#bytesMax) {
      this.#level = Math.min(LEVEL_MAX, this.#level + 1);
      this.#quietWindows = 0;
    } else if (this.#spentBytes > QUIET_SHARE * this.#bytesMax) {
      this.#quietWindows = 0;
    } else if (this.#level > 0 && ++this.#quietWindows >= QUIET_WINDOWS) {
      this.#level -= 1;
      this.#quietWindows = 0;
    }
  }
}
