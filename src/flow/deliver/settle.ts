import type { Message } from "../../core/broker.ts";
import { PublishError } from "../../core/broker.ts";
import type { Observer } from "../../core/observer.ts";
import type { Verdict } from "../../core/verdict.ts";
import { decide } from "../../core/verdict.ts";
import type { Storage } from "../store.ts";
import { store } from "../store.ts";
import type { ConsequenceContext, Consequences } from "./consequences.ts";
import { consequencesOf } from "./consequences.ts";
import type { Attempt } from "./send.ts";

export interface SettleContext extends Omit<ConsequenceContext, "nowMs"> {
  readonly broker: Storage;
  readonly observer: Observer;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Decides about an outcome and applies the verdict until it is confirmed: only then may the delivery be acked. The
 * function is not called again meanwhile, however long the broker is away.
 *
 * @throws when `signal` fires, at the very end of a stop: the broker hands the delivery out again.
 */
export async function settle(attempt: Attempt, context: SettleContext, signal: AbortSignal): Promise<void> {
  const { delivery, outcome, policy } = attempt;
  const nowMs = context.nowMs();
  const verdict = decide(outcome, { delivery, policy, nowMs, random: context.random() });
  const consequences = await consequencesOf(attempt, verdict, { ...context, nowMs });
  const options = consequences.delayMs === undefined ? undefined : { delayMs: consequences.delayMs };
  await storeUntilConfirmed(consequences.messages, options, context, signal, (error) =>
    context.observer.settlementDelayed(delivery, error),
  );
  report(attempt, verdict, consequences, context);
}

/**
 * Stores messages, trying again after 1 s doubling to 30 s for as long as it takes. Those that were confirmed are
 * not stored again: one queue that is full would have the others filled with copies.
 *
 * @throws when `signal` fires.
 */
export async function storeUntilConfirmed(
  messages: readonly Message[],
  options: { delayMs: number } | undefined,
  context: Pick<SettleContext, "broker" | "sleep">,
  signal: AbortSignal,
  onDelay: (error: unknown) => void,
): Promise<void> {
  let unconfirmed = messages;
  for (let waitMs = 1_000; ; waitMs = Math.min(30_000, waitMs * 2)) {
    try {
      return await store(unconfirmed, context.broker, options);
    } catch (error) {
      if (error instanceof PublishError) unconfirmed = error.failures.flatMap(({ index }) => unconfirmed[index] ?? []);
      onDelay(error);
      await context.sleep(waitMs, signal);
    }
  }
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
  });
}
