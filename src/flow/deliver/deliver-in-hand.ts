import type { Delivery } from "../../domain/delivery/delivery.ts";
import { messageFact, readDelivery } from "../../domain/delivery/delivery-message.ts";
import type { Failure } from "../../domain/failure/outcome.ts";
import type { HeldRetry, InHandDeliveries, DeliveryProgress } from "../order/in-hand.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";
import { nextDelivery } from "./consequences.ts";
import type { Deliver, DeliverDeps } from "./deliver.ts";
import { parkedAsCrashed, receiveDelivery } from "./receive.ts";
import type { Attempt } from "./send.ts";
import { send, sendNothing } from "./send.ts";
import { settleAs, settleInHand } from "./settle.ts";

/**
 * The second journey for a function that keeps an order: a retry stays in hand and is not stored anew, where later events of
 * its key would pass it. What is no delivery to be called for takes the usual way, by `deliver`.
 */
export function createInHandDeliveries(deliver: Deliver, deps: DeliverDeps): InHandDeliveries {
  const contextNow = () => ({ ...deps, config: deps.config() });
  return {
    async attempt(message, progress, call) {
      const uncounted = { ...message, crashes: 0 };
      const receipt = receiveDelivery(uncounted);
      if (receipt.kind !== "delivery" || receipt.delivery.test !== undefined) {
        // A test that came back may have been called: it is called once at most.
        await deliver(receipt.kind === "delivery" ? message : uncounted, call);
        return undefined;
      }
      const context = contextNow();
      const attempt = await send({ ...receipt.delivery, ...progress }, call, context, deps.abandon);
      if (attempt === "gone") throw new Error("a function that is called has no polls");
      const { destination } = attempt.delivery;
      const isKeptOn = context.config.functions.get(destination.name)?.orderBy?.whenFailed === "block";
      const retry = await settleInHand(attempt, isKeptOn, context);
      return retry && heldRetry(attempt, nextDelivery(attempt, retry, context.nowMs()), retry);
    },

    async giveUp(message, progress, failure) {
      const read = readDelivery(message);
      if (!read.ok) throw new Error(read.problem);
      const context = contextNow();
      const attempt = sendNothing({ ...read.delivery, ...progress }, failure, context);
      const verdict = { kind: "failed", reason: failure.reason, condition: "RetriesExhausted" } as const;
      await settleAs(verdict, attempt, context.nowMs(), context);
    },

    async park(message) {
      const { message: parked, reason } = parkedAsCrashed(message);
      const onDelay = (error: unknown): void => deps.observer.moveDelayed(message.queue, messageFact(message), error);
      await storeUntilConfirmed({ messages: [parked], leave: deps.leave, onDelay }, deps);
      deps.observer.parked(reason, message.queue, messageFact(message));
    },
  };
}

function heldRetry(
  { outcome }: Attempt,
  next: Delivery,
  { delayMs, isExhausted }: { readonly delayMs: number; readonly isExhausted: boolean },
): HeldRetry {
  if (outcome.ok) throw new Error("a delivery that has succeeded is not tried again");
  const { attempt, countedRetries, suspicions, goneSinceMs, formerAttempt } = next;
  const progress: DeliveryProgress = {
    attempt,
    countedRetries,
    suspicions,
    ...(goneSinceMs === undefined ? {} : { goneSinceMs }),
    ...(formerAttempt === undefined ? {} : { formerAttempt }),
  };
  return { progress, delayMs, failure: withoutAnswer(outcome), isExhausted };
}

/** An answer may be long, and is not needed any more. */
function withoutAnswer({ reason, message, statusCode }: Failure): Failure {
  return { ok: false, reason, message, ...(statusCode === undefined ? {} : { statusCode }) };
}
