/** What is to be undone when this process ends, the latest first. */
const cleanUps = new Set<() => void>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs `clean` when this process ends, by itself or by a signal. The function returned takes that back. */
export function atProcessEnd(clean: () => void): () => void {
  // One listener for all: there may be any number of routers.
  if (cleanUps.size === 0) {
    process.on("exit", cleanAll);
    for (const signal of SIGNALS) process.on(signal, end);
  }
  cleanUps.add(clean);
  return () => {
    if (!cleanUps.delete(clean) || cleanUps.size > 0) return;
    process.removeListener("exit", cleanAll);
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
}

function end(): void {
  process.exit(1);
}

function cleanAll(): void {
  for (const clean of [...cleanUps].reverse()) clean();
}
