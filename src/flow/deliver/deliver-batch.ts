import type { Config } from "../../domain/config.ts";
import { batchOf, findTarget } from "../../domain/config.ts";
import { messageFact } from "../../domain/delivery/delivery-message.ts";
import type { BatchDeliveries, BatchedDelivery } from "../batch/batch-deliveries.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";
import { payloadOf } from "./payload.ts";
import { receiveDelivery } from "./receive.ts";
import type { SendBatchContext } from "./send-batch.ts";
import { sendBatch } from "./send-batch.ts";
import type { SettleContext } from "./settle.ts";
import { settle } from "./settle.ts";
import { moved } from "./suspect.ts";

/**
 * So often a message may have come back from a lost connection, or a router that died, and is still called for together with
 * others. Whoever holds a window of messages loses them all at once, and few of them can be what it died of.
 */
const CRASHES_IN_BATCHES = 2;

export interface BatchDeliveriesDeps extends Omit<SendBatchContext & SettleContext, "config"> {
  readonly config: () => Config;
}

export function createBatchDeliveries(deps: BatchDeliveriesDeps): BatchDeliveries {
  return {
    read(message) {
      const crashes = Math.max(0, message.crashes - CRASHES_IN_BATCHES);
      const receipt = receiveDelivery({ ...message, crashes });
      if (receipt.kind !== "delivery") return undefined;
      const { delivery } = receipt;
      const batch = batchOf(delivery, deps.config());
      return batch && { delivery, batch, payloadBytes: payloadBytes({ message, delivery }, deps) };
    },

    deliver(batch, end, call) {
      // One configuration for the whole attempt: a reload between its steps must not mix two.
      const context = { ...deps, config: deps.config() };
      const deliveries = batch.map(({ delivery }) => delivery);
      const sending = sendBatch({ deliveries, end }, call, context, deps.abandon);
      return batch.map(async (one, at) => {
        try {
          const attempt = (await sending)[at];
          if (attempt === undefined) throw new Error("a delivery of a batch has no attempt");
          await settle(attempt, context);
        } catch (error) {
          if (!deps.abandon.aborted || deps.leave.aborted) throw error;
          // Stored anew and then acked, so that a deploy makes no suspects of what it interrupts.
          await storeAnew(one, deps);
        }
      });
    },
  };
}

/** Only a template may make more of an event than it is. What cannot be rendered is not called for. */
function payloadBytes({ message, delivery }: BatchedDelivery, { config, identity }: BatchDeliveriesDeps): number {
  const { origin } = delivery;
  const target = origin && findTarget(config(), origin.bus, origin.rule, origin.target);
  if (target === undefined || target.input.kind === "event" || target.input.kind === "path") return message.body.length;
  const rendered = payloadOf(delivery, target, { config: config(), identity });
  return rendered.ok ? rendered.payload.length : 0;
}

async function storeAnew({ message }: BatchedDelivery, deps: BatchDeliveriesDeps): Promise<void> {
  const { leave, observer } = deps;
  const onDelay = (error: unknown): void => observer.moveDelayed(message.queue, messageFact(message), error);
  await storeUntilConfirmed({ messages: [moved(message, message.queue)], leave, onDelay }, deps);
}
