import { setTimeout as sleep } from "node:timers/promises";

/** How many times as long as a run took the next one waits. */
const REST_FACTOR = 4;

/**
 * Runs work one at a time, at most a fifth of the time. Whoever asks while a run is going on, or resting after it, gets the
 * result of the one run that follows: it begins after the asking, so that it sees what the asking was about.
 */
export class SpacedRuns<Result> {
  readonly #work: () => Promise<Result>;
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<Result> | undefined;

  constructor(work: () => Promise<Result>) {
    this.#work = work;
  }

  run(): Promise<Result> {
    this.#next ??= this.#after(this.#last);
    return this.#next;
  }

  async #after(last: Promise<unknown>): Promise<Result> {
    await last;
    this.#next = undefined;
    const startedAtMs = performance.now();
    const result = this.#work();
    this.#last = result
      .catch(() => undefined)
      // A process that stops does not wait for the rest.
      .then(() => sleep(REST_FACTOR * (performance.now() - startedAtMs), undefined, { ref: false }));
    return result;
  }
}
