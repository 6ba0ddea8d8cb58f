import type { Callee } from "../functions/callee.ts";

export interface CallLimitOptions {
  readonly callee: () => Callee | undefined;
  /** Calls of the mapping at once, over all routers; undefined without a bound. */
  readonly maximumConcurrency: number | undefined;
  /** How many routers run, this one included. */
  readonly liveRouters: () => number;
}

/**
 * How many calls a mapping makes at once on this router. Each call in a row that fails halves them, down to one: what is in the
 * queue would otherwise use up its receives in no time. The next that succeeds allows all again.
 */
export class CallLimit {
  readonly #options: CallLimitOptions;
  #failures = 0;

  constructor(options: CallLimitOptions) {
    this.#options = options;
  }

  /** At least 1. */
  get current(): number {
    const { maximumConcurrency = Infinity, liveRouters } = this.#options;
    const callee = this.#options.callee();
    if (callee === undefined || callee.circuit === "half-open") return 1;
    const share = Math.max(1, Math.floor(maximumConcurrency / Math.max(1, liveRouters())));
    return Math.max(1, Math.min(share, Math.floor(callee.callsMax / 2 ** this.#failures)));
  }

  ended(hasSucceeded: boolean): void {
    this.#failures = hasSucceeded ? 0 : Math.min(20, this.#failures + 1);
  }
}
