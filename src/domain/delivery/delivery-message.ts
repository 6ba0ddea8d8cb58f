import type { HeaderValue, Message, Received } from "../queue/message.ts";
import { cutText } from "../../text/cut-text.ts";
import { z } from "zod";
import { parseJson } from "../../json/json.ts";
import type { Delivery, KeptPolicy, RuleTarget, ScheduleMark, TestMark } from "./delivery.ts";
import { eventIdIn } from "../event/event.ts";
import type { TraceContext } from "../event/trace.ts";
import { traceOf } from "../event/trace.ts";
import type { MessageFact } from "../facts.ts";
import type { DestinationRef } from "../target/target.ts";
import { destinationLabel, parseDestinationLabel, qualifierOf } from "../target/target.ts";
import { EVENT_HEADER_BYTES_MAX, HEADER } from "./headers.ts";

/** The producer chooses a CloudEvent's id, and may make it as long as an event. The event itself holds all of it. */
const EVENT_ID_BYTES_MAX = 256;

const keptPolicy: z.ZodType<KeptPolicy> = z.object({
  retryPolicy: z.object({ maximumRetryAttempts: z.number(), maximumEventAgeInSeconds: z.number() }).exactOptional(),
  deadLetterQueue: z.string().exactOptional(),
});

/** How a delivery travels on the broker: the event is the body, the rest are headers. */
export function deliveryMessage(delivery: Delivery, queue: string): Message {
  return { queue, id: delivery.id, body: delivery.body, headers: deliveryHeaders(delivery) };
}

/** A delivery's headers, which its dead letter keeps so that it can be sent again. */
export function deliveryHeaders(delivery: Delivery): Record<string, HeaderValue> {
  return {
    [HEADER.destination]: destinationLabel(delivery.destination),
    ...qualifierHeaders(delivery.destination),
    ...originHeaders(delivery.origin),
    ...scheduleHeaders(delivery.schedule),
    ...eventIdHeaders(delivery.eventId),
    ...renderedHeaders(delivery.rendered),
    ...attemptHeaders(delivery),
    [HEADER.firstAt]: delivery.firstAtMs,
    ...(delivery.countedRetries === 0 ? {} : { [HEADER.countedRetries]: delivery.countedRetries }),
    ...(delivery.hops === 0 ? {} : { [HEADER.hops]: delivery.hops }),
    ...(delivery.budget === undefined ? {} : { [HEADER.budget]: delivery.budget }),
    ...(delivery.redriven === undefined ? {} : { [HEADER.redriven]: delivery.redriven }),
    ...(delivery.acceptedAtMs === undefined ? {} : { [HEADER.acceptedAt]: delivery.acceptedAtMs }),
    ...(delivery.suspicions === 0 ? {} : { [HEADER.suspicions]: delivery.suspicions }),
    ...(delivery.goneSinceMs === undefined ? {} : { [HEADER.goneSince]: delivery.goneSinceMs }),
    ...(delivery.formerAttempt === undefined ? {} : { [HEADER.formerAttempt]: delivery.formerAttempt }),
    ...traceOf(delivery),
  };
}

function qualifierHeaders(destination: DestinationRef): Record<string, HeaderValue> {
  const qualifier = qualifierOf(destination);
  return qualifier === undefined ? {} : { [HEADER.qualifier]: qualifier };
}

/** The destination, with the version or alias that is to be called. */
function readDestination(headers: Received["headers"]): DestinationRef | undefined {
  const destination = parseDestinationLabel(textHeader(headers[HEADER.destination]) ?? "");
  const qualifier = textHeader(headers[HEADER.qualifier]);
  return destination?.kind === "function" && qualifier !== undefined ? { ...destination, qualifier } : destination;
}

/**
 * A test has no number of an attempt. A router of an earlier version then cannot read it and parks it, and does not call
 * the function as if for an event.
 */
function attemptHeaders({ attempt, test }: Delivery): Record<string, HeaderValue> {
  if (test === undefined) return { [HEADER.attempt]: attempt };
  return { [HEADER.testFrom]: test.from, [HEADER.testUntil]: test.untilMs };
}

function readTest(headers: Received["headers"]): TestMark | undefined {
  const from = textHeader(headers[HEADER.testFrom]);
  const untilMs = countHeader(headers[HEADER.testUntil], 0);
  return from === undefined || untilMs === undefined ? undefined : { from, untilMs };
}

function renderedHeaders(rendered: Delivery["rendered"]): Record<string, HeaderValue> {
  if (rendered === undefined) return {};
  const { eventJson } = rendered;
  const isKept = eventJson !== undefined && Buffer.byteLength(eventJson) <= EVENT_HEADER_BYTES_MAX;
  return { [HEADER.rendered]: 1, ...(isKept ? { [HEADER.event]: eventJson } : {}) };
}

/** Set when a message's body is a function's payload; with the event that it was rendered from, where that was kept. */
export function readRendered(headers: Received["headers"]): Delivery["rendered"] {
  if (countHeader(headers[HEADER.rendered], 1) === undefined) return undefined;
  const eventJson = textHeader(headers[HEADER.event]);
  return eventJson === undefined ? {} : { eventJson };
}

/** The rule and target that made a message. Messages to users' queues have them too. */
export function originHeaders(origin: RuleTarget | undefined): Record<string, HeaderValue> {
  if (origin === undefined) return {};
  return { [HEADER.bus]: origin.bus, [HEADER.rule]: origin.rule, [HEADER.target]: origin.target };
}

/** The schedule that made a message. Messages to users' queues have it too. */
export function scheduleHeaders(schedule: ScheduleMark | undefined): Record<string, HeaderValue> {
  if (schedule === undefined) return {};
  const { name, dueMs, kept } = schedule;
  return {
    [HEADER.schedule]: name,
    [HEADER.scheduledAt]: dueMs,
    ...(kept === undefined ? {} : { [HEADER.schedulePolicy]: JSON.stringify(kept) }),
  };
}

/** The schedule that made a message, by its headers. */
export function readSchedule(headers: Received["headers"]): ScheduleMark | undefined {
  const name = textHeader(headers[HEADER.schedule]);
  const dueMs = countHeader(headers[HEADER.scheduledAt], 0);
  const kept = readPolicy(textHeader(headers[HEADER.schedulePolicy]));
  return name === undefined || dueMs === undefined
    ? undefined
    : { name, dueMs, ...(kept === undefined ? {} : { kept }) };
}

/** Of a message that somebody changed, it is as if nothing were said. */
function readPolicy(text: string | undefined): KeptPolicy | undefined {
  return text === undefined ? undefined : (keptPolicy.safeParse(parseJson(text)).data ?? {});
}

/** The id of a message's event. Messages to users' queues have it too. */
export function eventIdHeaders(eventId: string | undefined): Record<string, HeaderValue> {
  return eventId === undefined ? {} : { [HEADER.eventId]: cutText(eventId, EVENT_ID_BYTES_MAX) };
}

/** The id of a message's event. Messages of older routers have no header for it, and may hold the event itself. */
export function readEventId({ headers, body }: Pick<Received, "headers" | "body">): string | undefined {
  return textHeader(headers[HEADER.eventId]) ?? eventIdIn(body);
}

/** The ids that connect a message with its put. */
export function messageFact(message: Pick<Received, "id" | "headers" | "body">): MessageFact {
  const eventId = readEventId(message);
  const origin = readOrigin(message.headers);
  return {
    deliveryId: message.id,
    ...(eventId === undefined ? {} : { eventId }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/**
 * Names one attempt of a delivery. A message that is handed out again has the same key. The message of the next attempt,
 * and that of a redrive, which begins with the first attempt again, have the same id and another key.
 */
export function attemptKey({ id, headers }: Pick<Received, "id" | "headers">): string {
  return [id, headers[HEADER.attempt], headers[HEADER.redriven], headers[HEADER.dueAt]].map(String).join(" ");
}

/** What a message must keep when it is moved: every header that can be written back, without the broker's own. */
export function ownHeaders(message: Received): Record<string, HeaderValue> {
  const own = Object.entries(message.headers).filter(
    (entry): entry is [string, HeaderValue] =>
      (typeof entry[1] === "string" || typeof entry[1] === "number") && !entry[0].startsWith("x-"),
  );
  return Object.fromEntries(own);
}

/**
 * Reads a delivery. A message may hold anything: a header that is missing or out of range makes it unreadable.
 *
 * @returns the delivery, or what is wrong with the message.
 */
export function readDelivery(message: Received): { ok: true; delivery: Delivery } | { ok: false; problem: string } {
  const { headers } = message;
  const destination = readDestination(headers);
  if (destination === undefined)
    return { ok: false, problem: `header ${HEADER.destination} is missing or names no destination` };
  const test = readTest(headers);
  const attempt = test === undefined ? countHeader(headers[HEADER.attempt], 1) : 1;
  const firstAtMs = countHeader(headers[HEADER.firstAt], 0);
  if (attempt === undefined)
    return { ok: false, problem: `header ${HEADER.attempt} is not a whole number of 1 or more` };
  if (firstAtMs === undefined) return { ok: false, problem: `header ${HEADER.firstAt} is not a time in milliseconds` };
  if (message.id === "") return { ok: false, problem: "the message has no message id" };
  const origin = readOrigin(headers);
  const schedule = readSchedule(headers);
  const eventId = readEventId(message);
  const rendered = readRendered(headers);
  const formerAttempt = textHeader(headers[HEADER.formerAttempt]);
  const goneSinceMs = countHeader(headers[HEADER.goneSince], 0);
  const budget = countHeader(headers[HEADER.budget], 0);
  const redriven = countHeader(headers[HEADER.redriven], 1);
  const acceptedAtMs = countHeader(headers[HEADER.acceptedAt], 0);
  return {
    ok: true,
    delivery: {
      id: message.id,
      destination,
      ...(eventId === undefined ? {} : { eventId }),
      ...(origin === undefined ? {} : { origin }),
      ...(schedule === undefined ? {} : { schedule }),
      body: message.body,
      ...(rendered === undefined ? {} : { rendered }),
      attempt,
      countedRetries: countHeader(headers[HEADER.countedRetries], 0) ?? 0,
      firstAtMs,
      hops: countHeader(headers[HEADER.hops], 0) ?? 0,
      suspicions: countHeader(headers[HEADER.suspicions], 0) ?? 0,
      ...(budget === undefined ? {} : { budget }),
      ...(redriven === undefined ? {} : { redriven }),
      ...(acceptedAtMs === undefined ? {} : { acceptedAtMs }),
      ...(goneSinceMs === undefined ? {} : { goneSinceMs }),
      ...(formerAttempt === undefined ? {} : { formerAttempt }),
      ...readTrace(headers),
      ...(test === undefined ? {} : { test }),
    },
  };
}

/** The trace context that a message carries. */
export function readTrace(headers: Received["headers"]): Partial<TraceContext> {
  return traceOf({ traceparent: textHeader(headers["traceparent"]), tracestate: textHeader(headers["tracestate"]) });
}

/** The rule and target that made a message; undefined when its headers do not name all of bus, rule and target. */
export function readOrigin(headers: Received["headers"]): RuleTarget | undefined {
  const bus = textHeader(headers[HEADER.bus]);
  const rule = textHeader(headers[HEADER.rule]);
  const target = textHeader(headers[HEADER.target]);
  return bus === undefined || rule === undefined || target === undefined ? undefined : { bus, rule, target };
}

/** A header's value where it is text. */
export function textHeader(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A header's value where it is a whole number of `least` or more. */
export function countHeader(value: unknown, least: number): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least ? value : undefined;
}
