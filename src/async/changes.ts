import { waitFor } from "./time-limit.ts";

/** Lets any number of callers wait for the next change of something. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Ends all waits. */
  tell(): void {
    for (const tell of [...this.#waiting]) tell();
  }

  /** Resolves at the next change, or after so long. */
  async next(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<true>();
    const tell = (): void => resolve(true);
    this.#waiting.add(tell);
    await waitFor(promise, waitMs);
    this.#waiting.delete(tell);
  }
}
