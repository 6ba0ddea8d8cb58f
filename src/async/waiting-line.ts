/**
 * A line of those who wait for something that comes free, first come, first served. `pick` takes what is free now, or
 * returns undefined. The owner calls `serve` when something may have come free.
 */
export class WaitingLine<T> {
  readonly #pick: () => T | undefined;
  readonly #waiting = new Set<(served: T | undefined) => void>();

  constructor(pick: () => T | undefined) {
    this.#pick = pick;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.size;
  }

  /** What is free now, or else what `serve` picks for this caller. Undefined when the signal fires or at `dismiss`. */
  take(signal?: AbortSignal): Promise<T | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    const free = this.#pick();
    if (free !== undefined) return Promise.resolve(free);
    return new Promise((resolve) => {
      const answer = (served: T | undefined): void => {
        this.#waiting.delete(answer);
        signal?.removeEventListener("abort", leave);
        resolve(served);
      };
      const leave = (): void => answer(undefined);
      this.#waiting.add(answer);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Gives what is free to those who wait, in their order. */
  serve(): void {
    for (const answer of this.#waiting) {
      const free = this.#pick();
      if (free === undefined) return;
      answer(free);
    }
  }

  /** Ends the wait of all who wait now, with nothing. */
  dismiss(): void {
    for (const answer of this.#waiting) answer(undefined);
  }
}
