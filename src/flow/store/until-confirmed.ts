import { doublingMs } from "../../async/doubling.ts";
import type { Message } from "../../domain/queue/message.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import { store } from "./store.ts";

const FIRST_WAIT_MS = 1_000;
/** Short, since a destination's call slots are held meanwhile: it is to go on soon after the broker does. */
const WAIT_MS_MAX = 5_000;

/** Messages that must be stored before what they follow from may be acked. */
export interface Storing {
  readonly messages: readonly Message[];
  /** How long they wait on the delay ladder; left out, they go to their queues at once. */
  readonly delayMs?: number;
  /** Fires at the very end of a stop: storing rejects with its reason, and the cause is left to the broker. */
  readonly leave: AbortSignal;
  /** Called after each try that failed. */
  readonly onDelay: (error: unknown) => void;
}

/** When to stop trying. */
export interface GiveUp {
  /** Counted in the waits between two tries. */
  readonly afterMs: number;
  /** Ends the trying before that. */
  readonly signal?: AbortSignal;
}

export interface StoringDeps {
  readonly broker: Publisher;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Stores messages, trying again after 1 s doubling to 5 s for as long as it takes. Those that were confirmed are not
 * stored again: one queue that is full would fill the others with copies.
 *
 * @throws when `leave` fires; PublishError when no queue will ever take one of the messages, which would be held for ever.
 */
export async function storeUntilConfirmed(storing: Storing, deps: StoringDeps): Promise<void> {
  await storeUnlessRefused(storing, { afterMs: Infinity }, deps);
}

/**
 * Does the same, but gives up in the end.
 *
 * @returns the messages that were not confirmed by then.
 * @throws as `storeUntilConfirmed` does.
 */
export async function storeUnlessRefused(
  storing: Storing,
  giveUp: GiveUp,
  deps: StoringDeps,
): Promise<readonly Message[]> {
  let unconfirmed = storing.messages;
  for (let heldMs = 0, failures = 1; ; failures++) {
    unconfirmed = await storeOnce(unconfirmed, storing, deps.broker);
    if (unconfirmed.length === 0 || heldMs >= giveUp.afterMs || giveUp.signal?.aborted === true) return unconfirmed;
    const waitMs = doublingMs(failures, FIRST_WAIT_MS, WAIT_MS_MAX);
    await waitFor(waitMs, storing.leave, giveUp.signal, deps.sleep);
    heldMs += waitMs;
  }
}

/** Resolves with the messages that were not confirmed. */
async function storeOnce(
  messages: readonly Message[],
  { delayMs, onDelay }: Storing,
  broker: Publisher,
): Promise<readonly Message[]> {
  try {
    await store(messages, broker, delayMs === undefined ? undefined : { delayMs });
    return [];
  } catch (error) {
    if (!(error instanceof PublishError)) {
      onDelay(error);
      return messages;
    }
    if (error.failures.some(({ reason }) => reason === "unstorable")) throw error;
    onDelay(error);
    return error.failures.flatMap(({ index }) => messages[index] ?? []);
  }
}

/** Resolves after the wait, or when `giveUp` fires; rejects when `leave` does. */
async function waitFor(
  ms: number,
  leave: AbortSignal,
  giveUp: AbortSignal | undefined,
  sleep: StoringDeps["sleep"],
): Promise<void> {
  if (giveUp === undefined) return sleep(ms, leave);
  // Combined here, where it is rare: a signal that lives long keeps each signal that was made of it until collection.
  await sleep(ms, AbortSignal.any([leave, giveUp])).catch((error: unknown) => {
    if (leave.aborted || !giveUp.aborted) throw error;
  });
}
