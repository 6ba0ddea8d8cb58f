/** Work that took longer than it may. It may still end, and its result is ignored then. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

export interface WaitOptions {
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
  /** Runs in the same turn in which the wait ends without the work, so nothing can come in between. */
  readonly onGiveUp?: () => void;
}

/**
 * Waits up to `timeoutMs` for `work`, which goes on when the wait ends. A later rejection of it is not unhandled.
 *
 * @returns the result of `work`; undefined when the time is up. Rejects with the signal's reason when that fires.
 */
export function waitFor<T>(work: Promise<T>, timeoutMs: number, options?: WaitOptions): Promise<T | undefined> {
  return race<T | undefined>(work, timeoutMs, options, (resolve) => resolve(undefined));
}

/**
 * Waits up to `limitMs` for `work`, which goes on when the wait ends.
 *
 * @param what names the work in the error, as in `stopping the server`.
 * @throws TimeLimitError when the time is up.
 */
export function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  return race(work, limitMs, undefined, (_resolve, reject) =>
    reject(new TimeLimitError(`${what} took longer than ${limitMs} ms`)),
  );
}

type Settle<T> = (resolve: (result: T) => void, reject: (error: Error) => void) => void;

function race<T>(work: Promise<T>, timeoutMs: number, options: WaitOptions | undefined, late: Settle<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const signal = options?.signal;
    const stopWaiting = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      stopWaiting();
      options?.onGiveUp?.();
      reject(signal?.reason as Error);
    };
    const onTimeout = () => {
      stopWaiting();
      options?.onGiveUp?.();
      late(resolve, reject);
    };
    const timer = setTimeout(onTimeout, timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    work.then(stopWaiting, stopWaiting);
    work.then(resolve, reject);
    if (signal?.aborted) onAbort();
  });
}
