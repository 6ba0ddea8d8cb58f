export interface CallSlotsDeps {
  /** How many calls may run at once, as of now. */
  readonly limit: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Keeps a destination's calls within its limit, whichever consumer their messages came from: one that ends may still
 * have calls in flight when the next one begins, and the limit may change meanwhile. First come, first served.
 */
export class CallSlots {
  readonly #deps: CallSlotsDeps;
  readonly #waiting = new Set<(taken: boolean) => void>();
  #taken = 0;

  constructor(deps: CallSlotsDeps) {
    this.#deps = deps;
  }

  /** Takes a slot that is free now, which is then to be released. */
  tryTake(): boolean {
    const isFree = this.#taken < this.#deps.limit();
    if (isFree) this.#taken += 1;
    return isFree;
  }

  /** Waits up to `waitMs` for a slot, or until `lost` fires. Resolves with whether it got one, which is then to be released. */
  async take(waitMs: number, lost: AbortSignal): Promise<boolean> {
    if (lost.aborted) return false;
    if (this.tryTake()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.add(resolve);
    const served = new AbortController();
    lost.addEventListener("abort", () => this.#answer(resolve, false), { signal: served.signal });
    this.#deps.sleep(waitMs, served.signal).then(
      () => this.#answer(resolve, false),
      () => undefined,
    );
    const taken = await promise;
    served.abort();
    return taken;
  }

  release(): void {
    this.#taken -= 1;
    this.serve();
  }

  /** Gives free slots to those that wait. To be called when the limit has grown. */
  serve(): void {
    for (const resolve of this.#waiting) {
      if (this.#taken >= this.#deps.limit()) return;
      this.#taken += 1;
      this.#answer(resolve, true);
    }
  }

  /** Lets nobody wait any longer. */
  turnAway(): void {
    for (const resolve of this.#waiting) this.#answer(resolve, false);
  }

  #answer(resolve: (taken: boolean) => void, taken: boolean): void {
    if (this.#waiting.delete(resolve)) resolve(taken);
  }
}
