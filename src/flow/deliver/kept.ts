import type { Message, Received } from "../../domain/queue/message.ts";
import { ownHeaders } from "../../domain/delivery/delivery-message.ts";
import { HEADER } from "../../domain/delivery/headers.ts";

/** How long a delivery is held for a queue that does not take what follows from it: far less than RabbitMQ's 30 minutes. */
export const HELD_MS_MAX = 300_000;

/** How long a kept message waits before its queue is tried again. */
export const KEPT_MS = 60_000;

/**
 * A message whose queue does not take it, as it waits on the delay ladder: on its way to `queue`, one of ours, from
 * where it is handed to its own queue. It is what follows from a verdict, a record or a dead letter, and complete: so
 * nobody is called again for it.
 */
export function keptMessage(message: Message, queue: string): Message {
  return { ...message, queue, headers: { ...message.headers, [HEADER.keptFor]: message.queue } };
}

/** The message that was kept, as it is meant for its queue; undefined when the received one is no kept message. */
export function readKept(message: Received): Message | undefined {
  if (message.headers[HEADER.keptFor] === undefined) return undefined;
  const { [HEADER.keptFor]: queue, ...headers } = ownHeaders(message);
  if (typeof queue !== "string" || queue === "") return undefined;
  return { queue, id: message.id, body: message.body, headers };
}
