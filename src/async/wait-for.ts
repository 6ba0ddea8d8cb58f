/**
 * Waits for `work`, but no longer than `timeoutMs` and not once `signal` fires.
 *
 * `onGiveUp` runs at the very moment the waiting ends without the work, so that nothing can come in between.
 * What becomes of the work after that is its owner's business; a late rejection is not reported as unhandled.
 *
 * @returns what the work came to, or undefined when the time was up. Rejects with the signal's reason.
 */
export function waitFor<T>(
  work: Promise<T>,
  timeoutMs: number,
  signal: AbortSignal,
  onGiveUp: () => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stopWaiting = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      stopWaiting();
      onGiveUp();
      reject(signal.reason as Error);
    };
    const onTimeout = () => {
      stopWaiting();
      onGiveUp();
      resolve(undefined);
    };
    const timer = setTimeout(onTimeout, timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(stopWaiting, stopWaiting);
    work.then(resolve, reject);
    if (signal.aborted) onAbort();
  });
}
