/** Resolves after `durationMs`, or as soon as the signal fires. The timer does not keep the process running. */
export function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, durationMs);
    timer.unref();
    signal.addEventListener("abort", wake, { once: true });
    if (signal.aborted) wake();
  });
}
