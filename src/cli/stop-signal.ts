/** The exit code after a second signal to stop, as shells have it for SIGINT. */
const FORCED_EXIT = 130;

/** Two SIGINTs within this time are one Ctrl+C: `npm start` passes on the signal that the terminal has sent to all. */
const ONE_PRESS_MS = 300;

/** Resolves with the first SIGTERM or SIGINT; the second one ends the process at once. */
export function nextStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let askedAtMs: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (askedAtMs === undefined) {
        askedAtMs = performance.now();
        return resolve(signal);
      }
      const samePress = signal === "SIGINT" && performance.now() - askedAtMs < ONE_PRESS_MS;
      if (!samePress) process.exit(FORCED_EXIT);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}
