import { archiveStream } from "../../domain/archive/archive.ts";
import type { Identity } from "../../domain/arn.ts";
import type { Message } from "../../domain/queue/message.ts";
import { MESSAGE_BYTES_MAX } from "../../domain/queue/message.ts";
import type { Config } from "../../domain/config.ts";
import { cutMessage, deadLetterHeaders } from "../../domain/failure/dead-letter.ts";
import { deliveryMessage, eventIdHeaders, messageFact, originHeaders } from "../../domain/delivery/delivery-message.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import { traceOf } from "../../domain/event/trace.ts";
import type { ArchivedFact, DeadLetterFact, PublishedFact } from "../../domain/facts.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import { batchQueue, DEAD_LETTER_QUEUE } from "../../domain/queue/queues.ts";
import { partitionFor, partitionKeyOf } from "../../domain/stream/stream.ts";
import type { DestinationRef, Target, TargetRef } from "../../domain/target/target.ts";
import { render, textAt } from "./render.ts";
import type { Hit, RouteFailure } from "./match.ts";
import { groupHeaders } from "./group-headers.ts";
import { HEADER } from "../../domain/delivery/headers.ts";

/** A message to be stored: for a target, in an archive, or a dead letter. Metrics count them apart. */
export type Planned = { readonly message: Message } & (
  | { readonly published: PublishedFact; readonly archived?: undefined; readonly deadLetter?: undefined }
  | { readonly published?: undefined; readonly archived: ArchivedFact; readonly deadLetter?: undefined }
  | { readonly published?: undefined; readonly archived?: undefined; readonly deadLetter: DeadLetterFact }
);

export interface PlanContext {
  readonly config: Config;
  readonly identity: Identity;
  /** How many deliveries may follow from each that calls a function. */
  readonly budget: number;
  /** Whether targets do not delay it, since it has waited already. */
  readonly isUndelayed?: boolean | undefined;
}

/**
 * The message that an event's hit is stored as: a delivery for what is called, the rendered payload for a queue,
 * the event itself for an archive, a dead letter for what cannot be delivered.
 */
export function plan(event: BusEvent, hit: Hit, id: string, context: PlanContext): Planned {
  if (hit.failure !== undefined) return planDeadLetter(event, hit, hit.failure, id, context);
  const { to } = hit.target;
  if (to.kind === "archive") return planArchive(event, to.name, id, context);
  if (to.kind === "queue" || to.kind === "stream") return planStored(event, hit, to, id, context);
  if (to.kind === "event-bus" || to.kind === "other") throw new Error(`target "${to.name}" cannot be stored for`);
  const delayMs = delayOf(hit, context);
  const delivery = {
    id,
    eventId: event.id,
    destination: to,
    origin: hit.origin,
    body: event.body,
    attempt: 1,
    countedRetries: 0,
    // The age begins when the target may have it: a delay takes nothing from the time for its tries.
    firstAtMs: event.acceptedAtMs + delayMs,
    ...(delayMs === 0 ? {} : { acceptedAtMs: event.acceptedAtMs }),
    hops: hit.hops,
    ...(to.kind === "function" ? { budget: context.budget } : {}),
    suspicions: 0,
    ...traceOf(event),
  };
  const message = delayed(deliveryMessage(delivery, queueOf(hit, to, context)), delayMs);
  return { message, published: { id, origin: hit.origin, to } };
}

function queueOf({ target }: Hit, to: DestinationRef, { config }: PlanContext): string {
  return target.batch === undefined ? destinationQueue(to, config) : batchQueue(to.name);
}

function delayOf({ target }: Hit, { isUndelayed = false }: PlanContext): number {
  return isUndelayed ? 0 : (target.delaySeconds ?? 0) * 1_000;
}

function delayed(message: Message, delayMs: number): Message {
  return delayMs === 0 ? message : { ...message, delayMs };
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

function planArchive(event: BusEvent, name: string, id: string, { config }: PlanContext): Planned {
  const archive = config.archives.get(name);
  if (archive === undefined) throw new Error(`there is no archive "${name}"`);
  const headers = { ...eventIdHeaders(event.id), [HEADER.firstAt]: event.acceptedAtMs };
  const message = { queue: archiveStream(name, archive.retention), id, body: event.body, headers };
  return { message, archived: { archive: name, bytes: event.body.length } };
}

/** What a queue or a stream takes. */
function planStored(
  event: BusEvent,
  hit: Hit,
  to: Extract<TargetRef, { kind: "queue" | "stream" }>,
  id: string,
  context: PlanContext,
): Planned {
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
  const { messageGroupId } = hit.target;
  const stored = to.kind === "stream" ? inStream(event, hit.target, to.name, context) : { queue: to.name, headers: {} };
  const headers = {
    ...originHeaders(hit.origin),
    ...eventIdHeaders(event.id),
    [HEADER.firstAt]: event.acceptedAtMs,
    ...groupHeaders({ queue: stored.queue, id, body }, messageGroupId, context.config),
    ...stored.headers,
    ...traceOf(event),
  };
  const message = delayed({ queue: stored.queue, id, body, headers }, delayOf(hit, context));
  return { message, published: { id, origin: hit.origin, to } };
}

/** The partition of an event's record, and its key. An event in which the path finds nothing is under its own id. */
function inStream(
  { id, json }: BusEvent,
  { partitionKeyPath }: Target,
  name: string,
  { config }: PlanContext,
): Pick<Message, "queue" | "headers"> {
  const stream = config.streams.get(name);
  if (stream === undefined) throw new Error(`there is no stream "${name}"`);
  const key = partitionKeyOf((partitionKeyPath === undefined ? undefined : textAt(partitionKeyPath, json)) ?? id);
  return { queue: partitionFor(stream, key), headers: { [HEADER.partitionKey]: key } };
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
