import type { Identity } from "../../domain/arn.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import type { Config } from "../../domain/config.ts";
import { batchOf } from "../../domain/config.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { messageFact } from "../../domain/delivery/delivery-message.ts";
import type { DeliveryObserver } from "../../ports/observer.ts";
import { receiveDelivery } from "./receive.ts";
import type { PreparedCall } from "../../ports/functions/functions.ts";
import { send } from "./send.ts";
import type { TestReports } from "../../ports/admin/function-tests.ts";
import { createBatchDeliveries } from "./deliver-batch.ts";
import { deliverTest } from "./deliver-test.ts";
import { storeOrKeep } from "../store/kept.ts";
import { settle } from "./settle.ts";
import { moved } from "./suspect.ts";
import type { IsHeld } from "../../domain/rule/rule.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import type { Traces } from "../../ports/traces.ts";
import type { Storing } from "../store/until-confirmed.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";

export interface DeliverDeps {
  readonly broker: Publisher;
  readonly config: () => Config;
  readonly identity: Identity;
  readonly observer: DeliveryObserver;
  /** Where results of tests go; left out, to nobody. */
  readonly tests?: TestReports;
  /** Left out, targets get the trace context that events carry. */
  readonly traces?: Pick<Traces, "beginAttempt">;
  readonly newId: () => string;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** Which rules get an event from an archive; left out, all get it directly. */
  readonly isHeld?: IsHeld | undefined;
  /** Fires when the bound of a stop has passed: calls are abandoned and their deliveries given back. */
  readonly abandon: AbortSignal;
  /** Fires shortly after: what cannot even be given back is left to the broker. */
  readonly leave: AbortSignal;
}

/** Whether a message was dealt with (ack it), or its poll went away before anything happened (give it back). */
export type Delivered = "settled" | "gone";

/** The second journey, for one message: receive → send → settle. Resolves when the message may be acked. */
export type Deliver = (message: Received, call: PreparedCall) => Promise<Delivered>;

export function createDeliver(deps: DeliverDeps): Deliver {
  const batches = createBatchDeliveries(deps);
  return async (message, call) => {
    const receipt = receiveDelivery(message);
    switch (receipt.kind) {
      case "delivery":
        // A suspect, or one from before its target had batches: its list has nothing else.
        if (batchOf(receipt.delivery, deps.config()) !== undefined) {
          await Promise.all(batches.deliver([{ message, delivery: receipt.delivery }], "alone", call));
          return "settled";
        }
        return deliver(receipt.delivery, message, call, deps);
      case "kept":
        // Its own queue is tried once. Refused again, it waits on the delay ladder, where it holds up nobody.
        await storeOrKeep(moving(receipt.message, deps), message.queue, { afterMs: 0 }, deps);
        return "settled";
      case "parked":
        await move(receipt.message, deps);
        deps.observer.parked(receipt.reason, message.queue, messageFact(message));
        return "settled";
      case "suspect":
        await move(receipt.message, deps);
        deps.observer.suspected(receipt.delivery);
        return "settled";
    }
  };
}

async function deliver(
  delivery: Delivery,
  message: Received,
  call: PreparedCall,
  deps: DeliverDeps,
): Promise<Delivered> {
  // One configuration for the whole attempt: a reload between its steps must not mix two.
  const context = { ...deps, config: deps.config() };
  if (delivery.test !== undefined) return deliverTest({ ...delivery, test: delivery.test }, message, call, context);
  try {
    const attempt = await send(delivery, call, context, deps.abandon);
    if (attempt === "gone") return "gone";
    await settle(attempt, context);
  } catch (error) {
    if (!deps.abandon.aborted || deps.leave.aborted) throw error;
    // Stored anew and then acked, so that a deploy makes no suspects of what it interrupts.
    await move(moved(message, message.queue), deps);
  }
  return "settled";
}

/** Stores a message in a queue of ours, which refuses nothing for long. */
async function move(message: Message, deps: DeliverDeps): Promise<void> {
  await storeUntilConfirmed(moving(message, deps), deps);
}

function moving(message: Message, { leave, observer }: DeliverDeps): Storing {
  const onDelay = (error: unknown): void => observer.moveDelayed(message.queue, messageFact(message), error);
  return { messages: [message], leave, onDelay };
}
