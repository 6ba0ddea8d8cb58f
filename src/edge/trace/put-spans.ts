import type { EntryFacts, PutFacts } from "../../domain/facts.ts";
import type { PutSpans } from "../../domain/event/put-spans.ts";
import type { PutRequest } from "../../ports/traces.ts";
import { cutText } from "../../text/cut-text.ts";
import { IN_DEVELOPMENT, messaging, OWN, STABLE } from "./conventions.ts";
import type { RequestPlace } from "./put-place.ts";
import type { SpanAttributes, Span } from "./span.ts";
import { attributesOf, linksTo } from "./span.ts";

/** A caller chooses an event's source and type, and may make them long. */
const TEXT_BYTES_MAX = 256;

/** The span of a put request, once it has been answered. */
export function requestSpan(
  request: PutRequest,
  { spans, parentSpanId, link }: RequestPlace,
  statusCode: number | undefined,
  endMs: number,
): Span {
  const isFault = statusCode !== undefined && statusCode >= 500;
  return {
    ...refOf(spans, spans.spanId),
    name: `${request.method} ${request.route}`,
    kind: "server",
    parentSpanId,
    isParentRemote: true,
    startMs: request.startedAtMs,
    endMs,
    attributes: attributesOf({
      [STABLE.requestMethod]: request.method,
      // Not the path as it was sent: the route has all of it but the name of the bus, which the next span has.
      [STABLE.urlPath]: request.route,
      [STABLE.route]: request.route,
      [STABLE.urlScheme]: request.isTls ? "https" : "http",
      [STABLE.statusCode]: statusCode,
      [OWN.operation]: request.operation,
    }),
    links: linksTo(link === undefined ? [] : [link]),
    errorType: statusCode === undefined ? "aborted" : isFault ? String(statusCode) : undefined,
  };
}

/** The spans within a put request: of the storing of its events, and of each event where there are several. */
export function putSpans({ spans, storing, entries, outcome }: PutFacts, system: string): readonly Span[] {
  if (spans === undefined) return [];
  const created = entries.flatMap(
    (entry, index) => createSpan(spans, entry, index, storing?.startedAtMs, system) ?? [],
  );
  if (storing === undefined) return created;
  const buses = new Set(entries.map(({ bus }) => bus));
  const bus = buses.size === 1 ? entries[0]?.bus : undefined;
  const [only] = entries.length === 1 ? entries : [];
  const send: Span = {
    ...refOf(spans, spans.sendSpanId),
    name: bus === undefined ? "send" : `send ${bus}`,
    // What comes of a single event is a part of its storing.
    kind: created.length === 0 && spans.entries.size > 0 ? "producer" : "client",
    parentSpanId: spans.spanId,
    startMs: storing.startedAtMs,
    endMs: storing.endedAtMs,
    attributes: attributesOf({
      ...messaging(system, "send", bus),
      [IN_DEVELOPMENT.batchCount]: entries.length > 1 ? entries.length : undefined,
      ...(only === undefined ? {} : eventAttributes(only)),
    }),
    links: linksTo([...contextsOf(entries), ...(created.length === 0 ? claimedOf(spans) : [])].filter(notOf(spans))),
    errorType: outcome === "unavailable" ? outcome : entries.find(isNotStored)?.outcome,
  };
  return [...created, send];
}

/** The span of an entry that has one of its own: what comes of the event is a part of it. */
function createSpan(
  spans: PutSpans,
  entry: EntryFacts,
  index: number,
  storedAtMs: number | undefined,
  system: string,
): Span | undefined {
  const { createSpanId, claimed } = spans.entries.get(index) ?? {};
  const atMs = entry.event?.acceptedAtMs ?? storedAtMs;
  if (createSpanId === undefined || atMs === undefined) return undefined;
  return {
    ...refOf(spans, createSpanId),
    name: `create ${entry.bus}`,
    kind: "producer",
    parentSpanId: spans.spanId,
    startMs: atMs,
    endMs: atMs,
    attributes: attributesOf({ ...messaging(system, "create", entry.bus), ...eventAttributes(entry) }),
    links: linksTo(claimed === undefined ? [] : [claimed.traceparent]),
    errorType: entry.outcome === "accepted" ? undefined : entry.outcome,
  };
}

function eventAttributes({
  event,
  matched,
  published,
}: EntryFacts): Record<string, SpanAttributes[string] | undefined> {
  if (event === undefined) return {};
  const id = cutText(event.id, TEXT_BYTES_MAX);
  return {
    [IN_DEVELOPMENT.cloudEventId]: id,
    [IN_DEVELOPMENT.cloudEventType]: cutText(event.detailType, TEXT_BYTES_MAX),
    [IN_DEVELOPMENT.cloudEventSource]: cutText(event.source, TEXT_BYTES_MAX),
    [OWN.eventId]: id,
    [OWN.rules]: matched.length,
    [OWN.deliveries]: published.length,
  };
}

function contextsOf(entries: readonly EntryFacts[]): readonly string[] {
  return entries.flatMap(({ event }) => event?.traceparent ?? []);
}

function claimedOf({ entries }: PutSpans): readonly string[] {
  return [...entries.values()].flatMap(({ claimed }) => claimed?.traceparent ?? []);
}

/** A span has no link to itself. */
function notOf({ sendSpanId }: PutSpans): (traceparent: string) => boolean {
  return (traceparent) => !traceparent.includes(sendSpanId);
}

function isNotStored({ outcome }: EntryFacts): boolean {
  return outcome === "InternalFailure";
}

function refOf({ traceId, tracestate }: PutSpans, spanId: string): Pick<Span, "traceId" | "spanId" | "tracestate"> {
  return { traceId, spanId, tracestate };
}
