import type { Consumers } from "../../ports/consumer.ts";
import type { MessageHandler } from "../../ports/consumer.ts";
import type { FormerQueue } from "./former-queue.ts";

const CHECK_MS = 15_000;
const EMPTIED_CHECK_MS = 250;
const MOVES_AT_ONCE = 10;

export interface FormerQueueWatchDeps {
  readonly formerQueue: FormerQueue;
  readonly broker: Consumers;
  /** Stores a message of the former queue in the function's own. */
  readonly move: MessageHandler;
  /** Whether the function is to be called now. Otherwise routers of two configurations might move messages to and fro. */
  readonly isOpen: () => boolean;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Moves what waits in the queue of a function's former kind to its own, and looks again every 15 s, since routers with
 * the old configuration may go on publishing there for a while. It is not called from there: the limits of its kind (one
 * router alone, for a push container) hold for its own queue only, which is served meanwhile. Resolves when the signal
 * fires; never rejects.
 */
export async function watchFormerQueue(deps: FormerQueueWatchDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (await hasWork(deps)) await moveAll(deps, signal);
      await deps.sleep(CHECK_MS, signal);
    } catch {
      // The broker is away, or the subscription ends: the loop's condition tells which.
      await deps.sleep(CHECK_MS, signal).catch(() => undefined);
    }
  }
}

async function moveAll(deps: FormerQueueWatchDeps, signal: AbortSignal): Promise<void> {
  const consumer = await deps.broker.consume(deps.formerQueue.name, MOVES_AT_ONCE, deps.move);
  try {
    while (!signal.aborted && (await hasWork(deps))) await deps.sleep(EMPTIED_CHECK_MS, signal);
  } finally {
    await consumer.stop();
  }
}

async function hasWork({ formerQueue, isOpen }: FormerQueueWatchDeps): Promise<boolean> {
  return isOpen() && (await formerQueue.ready()) > 0;
}
