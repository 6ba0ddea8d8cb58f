import { doublingMs } from "../../async/doubling.ts";
import type { Message } from "../../domain/queue/message.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { PublishError } from "../../ports/publisher.ts";
import type { DeliveryObserver } from "../../ports/observer.ts";
import type { Verdict } from "../../domain/failure/verdict.ts";
import { decideVerdict } from "../../domain/failure/verdict.ts";
import type { Publisher } from "../../ports/publisher.ts";
import { store } from "../store/store.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import type { ConsequenceContext, Consequences } from "./consequence.ts";
import { consequencesOf } from "./consequences.ts";
import { HELD_MS_MAX, KEPT_MS, keptMessage } from "./kept.ts";
import type { Attempt } from "./send.ts";

const STORE_WAIT_MS_FIRST = 1_000;
/** Short, since the destination's places are held meanwhile: it is to go on soon after the broker does. */
const STORE_WAIT_MS_MAX = 5_000;

export interface SettleContext extends Omit<ConsequenceContext, "nowMs"> {
  readonly broker: Publisher;
  readonly observer: DeliveryObserver;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Fires when the bound of a stop has passed: nothing is held any longer that can be kept. */
  readonly abandon: AbortSignal;
}

/** How long messages are held that their queues do not take. */
interface Patience {
  /** Counted in the waits between two tries. */
  readonly ms: number;
  /** Ends it before. */
  readonly ends?: AbortSignal;
}

/**
 * Decides about an outcome and applies the verdict until it is confirmed: only then may the delivery be acked. The
 * function is not called again meanwhile, however long the broker is away. What a queue goes on refusing is kept.
 *
 * @throws when `signal` fires, at the very end of a stop: the broker hands the delivery out again.
 */
export async function settle(attempt: Attempt, context: SettleContext, signal: AbortSignal): Promise<void> {
  const { delivery, outcome, policy } = attempt;
  const nowMs = context.nowMs();
  const verdict = decideVerdict(outcome, { delivery, policy, nowMs, random: context.random() });
  const consequences = await consequencesOf(attempt, verdict, { ...context, nowMs });
  if (consequences.messages.length > 0) await apply(consequences, delivery, context, signal);
  report(attempt, verdict, consequences, context);
}

async function apply(
  { messages, delayMs }: Consequences,
  delivery: Delivery,
  context: SettleContext,
  signal: AbortSignal,
): Promise<void> {
  const delayed = (error: unknown): void => context.observer.settlementDelayed(delivery, error);
  const ownQueue = destinationQueue(delivery.destination, context.config);
  await (delayMs === undefined
    ? storeOrKeep(messages, ownQueue, { ms: HELD_MS_MAX, ends: context.abandon }, context, signal, delayed)
    : storeUntilConfirmed(messages, { delayMs }, context, signal, delayed));
}

/**
 * Stores messages, trying again after 1 s doubling to 5 s for as long as it takes. Those that were confirmed are
 * not stored again: one queue that is full would have the others filled with copies.
 *
 * @param patience for how long. For ever by default.
 * @returns what was not confirmed in that time.
 * @throws when `signal` fires; PublishError when no queue will ever take one of them, which would be held for ever.
 */
export async function storeUntilConfirmed(
  messages: readonly Message[],
  options: { delayMs: number } | undefined,
  context: Pick<SettleContext, "broker" | "sleep">,
  signal: AbortSignal,
  onDelay: (error: unknown) => void,
  patience: Patience = { ms: Infinity },
): Promise<readonly Message[]> {
  const { ends } = patience;
  let unconfirmed = messages;
  for (let heldMs = 0, failures = 1; ; failures++) {
    try {
      await store(unconfirmed, context.broker, options);
      return [];
    } catch (error) {
      if (error instanceof PublishError && error.failures.some(({ reason }) => reason === "unstorable")) throw error;
      if (error instanceof PublishError) unconfirmed = error.failures.flatMap(({ index }) => unconfirmed[index] ?? []);
      onDelay(error);
    }
    if (heldMs >= patience.ms || ends?.aborted) return unconfirmed;
    const waitMs = doublingMs(failures, STORE_WAIT_MS_FIRST, STORE_WAIT_MS_MAX);
    // Made here, where it is rare: signals that live long remember every one that was made of them until it is collected.
    const woken = ends === undefined ? signal : AbortSignal.any([signal, ends]);
    await context.sleep(waitMs, woken).catch((error: unknown) => {
      if (signal.aborted || !ends?.aborted) throw error;
    });
    heldMs += waitMs;
  }
}

/**
 * Stores messages, and lets go of those that their queues refuse beyond all patience, as a user's queue may that is
 * full: they are kept on the delay ladder, each for itself, and come back by `ownQueue` to be tried again.
 *
 * @throws when `signal` fires.
 */
export async function storeOrKeep(
  messages: readonly Message[],
  ownQueue: string,
  patience: Patience,
  context: Pick<SettleContext, "broker" | "sleep">,
  signal: AbortSignal,
  onDelay: (error: unknown) => void,
): Promise<void> {
  const refused = await storeUntilConfirmed(messages, undefined, context, signal, onDelay, patience);
  const kept = refused.map((message) => keptMessage(message, ownQueue));
  await storeUntilConfirmed(kept, { delayMs: KEPT_MS }, context, signal, onDelay);
}

function report(attempt: Attempt, verdict: Verdict, consequences: Consequences, context: SettleContext): void {
  const { delivery, outcome, invoked } = attempt;
  context.observer.attempt({
    delivery,
    outcome,
    verdict,
    invoked,
    waitSeconds: (attempt.startedAtMs - delivery.firstAtMs) / 1_000,
    invocationSeconds: (attempt.endedAtMs - attempt.startedAtMs) / 1_000,
    ...(verdict.kind === "done" ? { successSeconds: (context.nowMs() - delivery.firstAtMs) / 1_000 } : {}),
    deadLetters: consequences.deadLetters,
    records: consequences.records,
    routed: consequences.routed,
  });
}
