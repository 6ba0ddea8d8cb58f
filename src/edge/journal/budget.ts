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
 * Keeps what is written below so many bytes a window, by leaving out what tells least. Level 0 writes all there is; from
 * level 1 on no bodies; from level 2 on one in so many events that succeed, twice as many with each level.
 */
export class Budget {
  bytesMax: number;
  #spentBytes = 0;
  #quietWindows = 0;
  #level = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  spend(bytes: number): void {
    this.#spentBytes += bytes;
  }

  get keepsBodies(): boolean {
    return this.#level === 0 && this.hasRoomForSuccess;
  }

  /** One in so many events is written as long as it succeeds. */
  get oneIn(): number {
    return this.#level < 2 ? 1 : 2 ** (this.#level - 1);
  }

  /** Whether there is room for another success in this window. */
  get hasRoomForSuccess(): boolean {
    return this.#spentBytes <= SUCCESSES_BURST * this.bytesMax;
  }

  /** Whether there is room for anything in this window. */
  get hasRoom(): boolean {
    return this.#spentBytes <= BURST * this.bytesMax;
  }

  /** Ends a window, judges what it spent, and begins the next one. */
  endWindow(): void {
    const spentBytes = this.#spentBytes;
    this.#spentBytes = 0;
    if (spentBytes > QUIET_SHARE * this.bytesMax) this.#quietWindows = 0;
    else this.#quietWindows += 1;
    if (spentBytes > this.bytesMax) this.#level = Math.min(LEVEL_MAX, this.#level + 1);
    if (this.#quietWindows < QUIET_WINDOWS || this.#level === 0) return;
    this.#level -= 1;
    this.#quietWindows = 0;
  }
}
