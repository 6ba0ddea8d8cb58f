import type { Identity } from "../../domain/arn.ts";
import type { Message } from "../../domain/queue/message.ts";
import { MESSAGE_BYTES_MAX } from "../../domain/queue/message.ts";
import type { Config } from "../../domain/config.ts";
import { cutMessage, deadLetterHeaders } from "../../domain/failure/dead-letter.ts";
import { deliveryMessage, eventIdHeaders, messageFact, originHeaders } from "../../domain/delivery/delivery-message.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import type { DeadLetterFact, PublishedFact } from "../../domain/facts.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import { DEAD_LETTER_QUEUE } from "../../domain/queue/queues.ts";
import { render } from "./render.ts";
import type { Hit, RouteFailure } from "./match.ts";
import { HEADER } from "../../domain/delivery/headers.ts";

/** A message to be stored: for a target, or a dead letter. Metrics count the two apart. */
export type Planned =
  | { readonly message: Message; readonly published: PublishedFact; readonly deadLetter?: undefined }
  | { readonly message: Message; readonly published?: undefined; readonly deadLetter: DeadLetterFact };

export interface PlanContext {
  readonly config: Config;
  readonly identity: Identity;
  /** How many deliveries may follow from each that calls a function. */
  readonly budget: number;
}

/**
 * The message that an event's hit is stored as: a delivery for what is called, the rendered payload for a queue,
 * a dead letter for what cannot be delivered.
 */
export function plan(event: BusEvent, hit: Hit, id: string, context: PlanContext): Planned {
  if (hit.failure !== undefined) return planDeadLetter(event, hit, hit.failure, id, context);
  const { to } = hit.target;
  if (to.kind === "queue") return planQueue(event, hit, to.name, id, context);
  if (to.kind === "event-bus") throw new Error(`bus target "${to.name}" was not expanded`);
  const delivery = {
    id,
    eventId: event.id,
    destination: to,
    origin: hit.origin,
    body: event.body,
    attempt: 1,
    countedRetries: 0,
    firstAtMs: event.acceptedAtMs,
    hops: hit.hops,
    ...(to.kind === "function" ? { budget: context.budget } : {}),
    suspicions: 0,
    ...traceOf(event),
  };
  const message = deliveryMessage(delivery, destinationQueue(to, context.config));
  return { message, published: { id, origin: hit.origin, to } };
}

/** An event for a bus that does not exist is kept and counted, where EventBridge drops it. */
export function planUnknownBus(event: BusEvent, id: string): Planned {
  const headers = {
    ERROR_CODE: "NO_RESOURCE",
    // The name is the caller's, and may be as long as a request.
    ERROR_MESSAGE: cutMessage(`Event bus ${event.bus} does not exist.`),
    [HEADER.bus]: cutMessage(event.bus),
    ...eventIdHeaders(event.id),
    ...traceOf(event),
  };
  const letter = { queue: DEAD_LETTER_QUEUE, id, body: event.body, headers };
  return { message: letter, deadLetter: { queue: letter.queue, reason: "target_gone", ...messageFact(letter) } };
}

function planQueue(event: BusEvent, hit: Hit, queue: string, id: string, context: PlanContext): Planned {
  const rendered = render(hit.target.input, {
    json: event.json,
    origin: hit.origin,
    acceptedAtMs: event.acceptedAtMs,
    identity: context.identity,
  });
  if (!rendered.ok) {
    return planDeadLetter(event, hit, { reason: "template_error", message: rendered.message }, id, context);
  }
  const body = hit.target.input.kind === "event" ? event.body : Buffer.from(rendered.json);
  if (body.length > MESSAGE_BYTES_MAX) {
    const message = `the message would be longer than ${MESSAGE_BYTES_MAX} bytes`;
    return planDeadLetter(event, hit, { reason: "too_large", message }, id, context);
  }
  const headers = {
    ...originHeaders(hit.origin),
    ...eventIdHeaders(event.id),
    [HEADER.firstAt]: event.acceptedAtMs,
    ...traceOf(event),
  };
  return { message: { queue, id, body, headers }, published: { id, origin: hit.origin, to: hit.target.to } };
}

function planDeadLetter(
  event: BusEvent,
  hit: Hit,
  { reason, message }: RouteFailure,
  id: string,
  context: PlanContext,
): Planned {
  const queue = hit.target.deadLetterQueue ?? DEAD_LETTER_QUEUE;
  const death = { origin: hit.origin, target: hit.target.to, reason, message, retries: 0 };
  const headers = {
    ...deadLetterHeaders(context.identity, death),
    ...originHeaders(hit.origin),
    ...eventIdHeaders(event.id),
    [HEADER.firstAt]: event.acceptedAtMs,
    ...traceOf(event),
  };
  const letter = { queue, id, body: event.body, headers };
  return { message: letter, deadLetter: { queue, reason, ...messageFact(letter) } };
}

function traceOf(event: BusEvent): { traceparent?: string } {
  return event.traceparent === undefined ? {} : { traceparent: event.traceparent };
}
