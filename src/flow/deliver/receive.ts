import type { Message, Received } from "../../core/broker.ts";
import type { Delivery } from "../../core/delivery.ts";
import { deliveryMessage, ownHeaders, readDelivery } from "../../core/delivery-message.ts";
import type { Observer } from "../../core/observer.ts";
import type { ParkedReason } from "../../core/observer.ts";
import { PARKED_QUEUE, SUSPECT_QUEUE } from "../../core/queues.ts";

/** How often a delivery may be under suspicion, and a suspect may bring a router down, before it is parked. */
const CRASHES_MAX = 2;
const SUSPICIONS_MAX = 3;

/** What a message is to be done with: delivered, or moved out of the way first and then acked. */
export type Receipt =
  { readonly kind: "deliver"; readonly delivery: Delivery } | { readonly kind: "move"; readonly message: Message };

/**
 * Reads a delivery from a message. What cannot be read is parked, never dropped. A message that was held when a
 * router died may be what killed it, and so may each of its neighbours: it is set aside to be tried alone, so that
 * only the culprit is parked.
 */
export function receive(message: Received, observer: Observer): Receipt {
  const read = readDelivery(message);
  if (!read.ok) return park(message, "undecodable", read.problem, observer);
  const { delivery } = read;
  const alone = message.queue === SUSPECT_QUEUE;
  if (message.crashes === 0 || (alone && message.crashes < CRASHES_MAX)) return { kind: "deliver", delivery };
  if (alone || delivery.suspicions >= SUSPICIONS_MAX) {
    return park(message, "crashed", `routers died holding it, ${message.crashes} times of late`, observer);
  }
  const suspect = { ...delivery, suspicions: delivery.suspicions + 1 };
  observer.suspected(suspect);
  return { kind: "move", message: deliveryMessage(suspect, SUSPECT_QUEUE) };
}

function park(message: Received, reason: ParkedReason, problem: string, observer: Observer): Receipt {
  observer.parked(reason, message.queue, message.id);
  const headers = { ...ownHeaders(message), "busbar-parked-reason": reason, "busbar-parked-problem": problem };
  const parked = { ...headers, "busbar-parked-from": message.queue };
  return { kind: "move", message: { queue: PARKED_QUEUE, id: message.id, body: message.body, headers: parked } };
}
