import type { Message, Received } from "../../domain/queue/message.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { deliveryMessage, ownHeaders } from "../../domain/delivery/delivery-message.ts";
import { isQueueOf, SUSPECT_QUEUE } from "../../domain/queue/queues.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { HEADER } from "../../domain/delivery/headers.ts";

/** A delivery as it waits to be tried alone. */
export function suspectMessage(suspect: Delivery, from: string): Message {
  const { headers, ...message } = deliveryMessage(suspect, SUSPECT_QUEUE);
  return { ...message, headers: { ...headers, [HEADER.suspectFrom]: from } };
}

/** The queue that a suspect came from, when it says so and that is a queue of its destination. */
export function suspectOrigin(message: Received, destination: DestinationRef): string | undefined {
  const from = message.headers[HEADER.suspectFrom];
  return typeof from === "string" && isQueueOf(from, destination) ? from : undefined;
}

/** The same message stored anew in that queue, with all that was counted of it. */
export function moved(message: Received, queue: string): Message {
  const headers = ownHeaders(message);
  const { [HEADER.suspectFrom]: _from, ...unsuspected } = headers;
  return { queue, id: message.id, body: message.body, headers: queue === SUSPECT_QUEUE ? headers : unsuspected };
}
