/** The longest wait of a timer. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Lets one loop wait for a time or for somebody who wakes it, whichever is first. */
export class Waking {
  #isAwake = false;
  #waiting: (() => void) | undefined;

  /** Ends the wait, or the next one where nobody waits now. */
  wake(): void {
    this.#isAwake = true;
    this.#waiting?.();
  }

  /** Resolves after so many milliseconds, or when it is woken. */
  async until(ms: number): Promise<void> {
    if (!this.#isAwake && ms > 0) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#waiting = () => resolve(undefined);
      const timer = setTimeout(resolve, Math.min(ms, TIMER_MS_MAX), undefined);
      await promise;
      clearTimeout(timer);
      this.#waiting = undefined;
    }
    this.#isAwake = false;
  }
}
