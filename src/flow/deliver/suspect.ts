import type { Config } from "../../domain/config.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { deliveryMessage, ownHeaders } from "../../domain/delivery/delivery-message.ts";
import { deliveryQueue } from "../../domain/queue/configured-queues.ts";
import { isQueueOf, SUSPECT_QUEUE } from "../../domain/queue/queues.ts";
import { HEADER } from "../../domain/delivery/headers.ts";

/** A delivery as it waits to be tried by itself. */
export function suspectMessage(suspect: Delivery, from: string): Message {
  const { headers, ...message } = deliveryMessage(suspect, SUSPECT_QUEUE);
  return { ...message, headers: { ...headers, [HEADER.suspectFrom]: from } };
}

/**
 * The queue that a suspect goes back to: its destination's. Where this router does not know the destination, it is the
 * queue that the suspect came from, if that is one of its destination's. A destination that this router knows may have
 * another queue by now than the one that the suspect came from.
 */
export function suspectHome(
  suspect: Received,
  delivery: Pick<Delivery, "destination" | "origin">,
  config: Config,
): string {
  const { destination } = delivery;
  const isKnown = destination.kind === "api-destination" || config.functions.has(destination.name);
  const from = suspect.headers[HEADER.suspectFrom];
  if (!isKnown && typeof from === "string" && isQueueOf(from, destination)) return from;
  return deliveryQueue(delivery, config);
}

/** The same message stored anew in that queue, with all that was counted of it. */
export function moved(message: Received, queue: string): Message {
  const headers = ownHeaders(message);
  const { [HEADER.suspectFrom]: _from, ...unsuspected } = headers;
  return { queue, id: message.id, body: message.body, headers: queue === SUSPECT_QUEUE ? headers : unsuspected };
}
