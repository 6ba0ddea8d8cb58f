import { Pace } from "../budget/pace.ts";

export interface PacedOptions {
  /** A clock that only goes forward, milliseconds from any moment. */
  readonly steadyMs: () => number;
  /** Rejects with the signal's reason when that fires first. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Has messages go at a rate that may change meanwhile. */
export class Paced {
  readonly #ratePerSecond: () => number | undefined;
  readonly #signal: AbortSignal;
  readonly #options: PacedOptions;
  /** Made with the first message to go: the time before it is not made up for. */
  #pace: Pace | undefined;

  /** @param ratePerSecond undefined for as fast as they go. */
  constructor(ratePerSecond: () => number | undefined, signal: AbortSignal, options: PacedOptions) {
    this.#ratePerSecond = ratePerSecond;
    this.#signal = signal;
    this.#options = options;
  }

  /** How many may go now. Waits until it is one at least; rejects with the signal's reason when that fires first. */
  async due(): Promise<number> {
    const pace = (this.#pace ??= new Pace(this.#ratePerSecond(), this.#options.steadyMs));
    for (;;) {
      pace.follow(this.#ratePerSecond());
      if (pace.due >= 1) return pace.due;
      await this.#options.sleep(pace.waitMs, this.#signal);
    }
  }

  went(count: number): void {
    this.#pace?.went(count);
  }
}
