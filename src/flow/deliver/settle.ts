import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { Retry, Verdict } from "../../domain/failure/verdict.ts";
import { decideVerdict, keptOn } from "../../domain/failure/verdict.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import type { DeliveryObserver } from "../../ports/observer.ts";
import type { StoringDeps } from "../store/until-confirmed.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";
import type { ConsequenceContext, Consequences } from "./consequence.ts";
import { consequencesOf, NO_CONSEQUENCES } from "./consequences.ts";
import { storeOrKeep } from "../store/kept.ts";
import type { Attempt } from "./send.ts";

/**
 * How long a delivery is held for a queue that does not take what follows from it: far less than RabbitMQ's 30 minutes.
 */
const HELD_MS_MAX = 300_000;

export interface SettleContext extends Omit<ConsequenceContext, "nowMs">, StoringDeps {
  readonly observer: DeliveryObserver;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Fires when the bound of a stop has passed: nothing is held any longer that can be kept. */
  readonly abandon: AbortSignal;
  /** Fires shortly after: what cannot even be kept is left to the broker. */
  readonly leave: AbortSignal;
}

/**
 * Decides about an outcome and applies the verdict until it is confirmed: only then may the delivery be acked. The
 * function is not called again meanwhile, however long the broker is away. What a queue goes on refusing is kept.
 *
 * @throws when `leave` fires, at the very end of a stop: the broker hands the delivery out again.
 */
export async function settle(attempt: Attempt, context: SettleContext): Promise<void> {
  const { delivery, outcome, policy } = attempt;
  const nowMs = context.nowMs();
  const verdict = decideVerdict(outcome, { delivery, policy, nowMs, random: context.random() });
  await settleAs(verdict, attempt, nowMs, context);
}

/**
 * The same for a delivery whose next attempt waits in hand: nothing is stored for that.
 *
 * @param isKeptOn whether an attempt that used up the retries is followed by others, until the event's age is over.
 * @returns the next attempt; undefined when the delivery may be acked.
 */
export async function settleInHand(
  attempt: Attempt,
  isKeptOn: boolean,
  context: SettleContext,
): Promise<(Retry & { readonly isExhausted: boolean }) | undefined> {
  const { delivery, outcome, policy } = attempt;
  const nowMs = context.nowMs();
  const circumstances = { delivery, policy, nowMs, random: context.random() };
  const decided = decideVerdict(outcome, circumstances);
  const verdict = isKeptOn ? keptOn(decided, outcome, circumstances) : decided;
  if (verdict.kind === "retry") {
    report({ attempt, verdict, consequences: NO_CONSEQUENCES, decidedAtMs: nowMs }, context);
    return { ...verdict, isExhausted: verdict !== decided };
  }
  await settleAs(verdict, attempt, nowMs, context);
  return undefined;
}

/** Applies a verdict until it is confirmed. */
export async function settleAs(
  verdict: Verdict,
  attempt: Attempt,
  nowMs: number,
  context: SettleContext,
): Promise<void> {
  const consequences = await consequencesOf(attempt, verdict, { ...context, nowMs });
  if (consequences.messages.length > 0) await apply(consequences, attempt.delivery, context);
  report({ attempt, verdict, consequences, decidedAtMs: nowMs }, context);
}

async function apply({ messages, delayMs }: Consequences, delivery: Delivery, context: SettleContext): Promise<void> {
  const { abandon, leave, observer, config } = context;
  const onDelay = (error: unknown): void => observer.settlementDelayed(delivery, error);
  const storing = { messages, leave, onDelay };
  // The next attempt: it waits on the delay ladder in any case, so there is no queue that could refuse it.
  if (delayMs !== undefined) return storeUntilConfirmed({ ...storing, delayMs }, context);
  const ownQueue = destinationQueue(delivery.destination, config);
  await storeOrKeep(storing, ownQueue, { afterMs: HELD_MS_MAX, signal: abandon }, context);
}

interface Settled {
  readonly attempt: Attempt;
  readonly verdict: Verdict;
  readonly decidedAtMs: number;
  readonly consequences: Consequences;
}

function report({ attempt, verdict, decidedAtMs, consequences }: Settled, context: SettleContext): void {
  const { delivery, outcome, invoked, startedAtMs, trace, isBatched } = attempt;
  context.observer.attempt({
    delivery,
    outcome,
    verdict,
    invoked,
    startedAtMs,
    decidedAtMs,
    ...(isBatched === undefined ? {} : { isBatched }),
    ...(trace === undefined ? {} : { trace }),
    waitSeconds: secondsBetween(delivery.firstAtMs, startedAtMs),
    invocationSeconds: (attempt.endedAtMs - startedAtMs) / 1_000,
    ...(verdict.kind === "done" ? { successSeconds: secondsBetween(delivery.firstAtMs, context.nowMs()) } : {}),
    deadLetters: consequences.deadLetters,
    records: consequences.records,
    routed: consequences.routed,
  });
}

/** The end of a delay is another router's time, whose clock may be ahead. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1_000;
}
