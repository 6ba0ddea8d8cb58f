import type { Message as AmqpMessage, Options } from "amqplib";
import type { Message, Received } from "../../../domain/queue/message.ts";
import { delayedRoute } from "../topology/delay-ladder.ts";
import { outgoingHeaders } from "./headers.ts";
import type { Outgoing } from "./publisher.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";

/** A message as it came out of `queue`. */
export function received(queue: string, { content, properties }: AmqpMessage): Received {
  const headers: Readonly<Record<string, unknown>> = properties.headers ?? {};
  const deliveryCount = headers["x-delivery-count"];
  return {
    queue,
    id: typeof properties.messageId === "string" ? properties.messageId : "",
    body: content,
    headers,
    crashes: typeof deliveryCount === "number" ? deliveryCount : 0,
  };
}

/** The way straight into a queue. A queue that is not there has the message returned. */
export function direct(message: Message | Received): Outgoing {
  const options = { ...durable(message), mandatory: true };
  return { exchange: "", routingKey: message.queue, body: message.body, options };
}

/**
 * The way up the delay ladder. Its steps are whole seconds; a delay is rounded up, since early would break a promise
 * and late does not. Throws a `RangeError` beyond 36 hours.
 */
export function delayed(message: Message | Received, delayMs: number, nowMs: number): Outgoing {
  const delaySeconds = Math.ceil(delayMs / 1000);
  const options = durable(message);
  const headers = { ...outgoingHeaders(message.headers), [HEADER.dueAt]: nowMs + delaySeconds * 1000 };
  // `mandatory` would say only that there is a ladder.
  return {
    ...delayedRoute(message.queue, delaySeconds),
    body: message.body,
    options: { ...options, headers, mandatory: true },
  };
}

function durable(message: Message | Received): Options.Publish {
  return {
    messageId: message.id,
    persistent: true,
    contentType: "application/json",
    headers: outgoingHeaders(message.headers),
  };
}
