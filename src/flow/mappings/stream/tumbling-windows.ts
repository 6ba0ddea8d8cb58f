/** How long to wait for records of a window that come after its end. A later one counts to the window that is open then. */
const LATE_MS = 1_000;
/** A longer state ends its window early, as Lambda has it: 1 MB. */
const WINDOW_STATE_BYTES_MAX = 1024 * 1024;

/** A window that has records, and what the function has made of them. */
export interface OpenWindow {
  /** Epoch milliseconds. */
  readonly startMs: number;
  /** JSON text. */
  readonly state: string;
}

/** What a call is told of its window. */
export interface WindowCall extends OpenWindow {
  readonly endMs: number;
  readonly isFinal: boolean;
  readonly isEarly: boolean;
}

/**
 * Tumbling windows, aligned to the epoch, one at a time. A record belongs to the window of its time, or to the one that is
 * open where that has passed: a window that has ended is not opened again.
 */
export class TumblingWindows {
  readonly #sizeMs: number;
  #open: OpenWindow | undefined;
  /** A state that is too long to be kept, for the call that ends its window. */
  #tooLong: string | undefined;

  constructor(sizeMs: number, open: OpenWindow | undefined) {
    this.#sizeMs = sizeMs;
    this.#open = open;
  }

  /** As it may be kept. */
  get open(): OpenWindow | undefined {
    return this.#open;
  }

  /** Opens the window of a record where none is open. Returns whether the record is in the one that is open. */
  takes(atMs: number): boolean {
    const startMs = Math.floor(atMs / this.#sizeMs) * this.#sizeMs;
    this.#open ??= { startMs, state: "{}" };
    return startMs <= this.#open.startMs;
  }

  /** Whether the open window is to be ended now, given the time of the next record. */
  isOver(nextAtMs: number | undefined, nowMs: number): boolean {
    if (this.#open === undefined) return false;
    return this.#tooLong !== undefined || (nextAtMs === undefined ? nowMs >= this.overAtMs : !this.takes(nextAtMs));
  }

  /** When the open window is over if nothing comes; never where none is open. */
  get overAtMs(): number {
    return this.#open === undefined ? Infinity : this.#open.startMs + this.#sizeMs + LATE_MS;
  }

  call(isFinal: boolean): WindowCall {
    const { startMs, state } = this.#open ?? { startMs: 0, state: "{}" };
    const isEarly = this.#tooLong !== undefined;
    return { startMs, endMs: startMs + this.#sizeMs, state: this.#tooLong ?? state, isFinal, isEarly };
  }

  /** Whether a state is short enough to be kept. */
  keeps(state: string): boolean {
    return Buffer.byteLength(state) <= WINDOW_STATE_BYTES_MAX;
  }

  /** A call has succeeded. Returns whether its state is one to keep: a longer one is for the final call that comes next. */
  called(state: string): boolean {
    if (!this.keeps(state)) {
      this.#tooLong = state;
      return false;
    }
    if (this.#open !== undefined) this.#open = { ...this.#open, state };
    return true;
  }

  /** The final call has succeeded. A window that ended early goes on, with an empty state. */
  ended(): void {
    if (this.#tooLong === undefined) this.#open = undefined;
    else if (this.#open !== undefined) this.#open = { ...this.#open, state: "{}" };
    this.#tooLong = undefined;
  }
}
