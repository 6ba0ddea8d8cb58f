import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { Verdict } from "../../domain/failure/verdict.ts";
import { decideVerdict } from "../../domain/failure/verdict.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import type { DeliveryObserver } from "../../ports/observer.ts";
import type { StoringDeps } from "../store/until-confirmed.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";
import type { ConsequenceContext, Consequences } from "./consequence.ts";
import { consequencesOf } from "./consequences.ts";
import { storeOrKeep } from "./kept.ts";
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
  const consequences = await consequencesOf(attempt, verdict, { ...context, nowMs });
  if (consequences.messages.length > 0) await apply(consequences, delivery, context);
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
  const { delivery, outcome, invoked, startedAtMs } = attempt;
  context.observer.attempt({
    delivery,
    outcome,
    verdict,
    invoked,
    startedAtMs,
    decidedAtMs,
    waitSeconds: (startedAtMs - delivery.firstAtMs) / 1_000,
    invocationSeconds: (attempt.endedAtMs - startedAtMs) / 1_000,
    ...(verdict.kind === "done" ? { successSeconds: (context.nowMs() - delivery.firstAtMs) / 1_000 } : {}),
    deadLetters: consequences.deadLetters,
    records: consequences.records,
    routed: consequences.routed,
  });
}
