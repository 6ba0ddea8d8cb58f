import type { Identity } from "../../domain/arn.ts";
import { functionArn } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { AttemptTrace } from "../../domain/delivery/attempt-trace.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { AttemptFacts, RecordFact } from "../../domain/facts.ts";
import { deliveryQueue, destinationQueue } from "../../domain/queue/configured-queues.ts";
import { IN_DEVELOPMENT, messaging, OWN, STABLE } from "./conventions.ts";
import type { SpanAttributes, Span, SpanEvent } from "./span.ts";
import { attributesOf, linksTo } from "./span.ts";

/** What spans say besides the facts. */
export interface SpanWorld {
  readonly config: Config;
  readonly identity: Identity;
  /** `messaging.system` */
  readonly system: string;
}

/** When an attempt was over, and what else happened in it. */
export interface AttemptEnd {
  readonly endMs: number;
  readonly events: readonly SpanEvent[];
}

/** The spans of an attempt: the attempt itself, the call within it, and the sending of the function's record. */
export function attemptSpans(
  facts: AttemptFacts,
  trace: AttemptTrace,
  { endMs, events }: AttemptEnd,
  world: SpanWorld,
): readonly Span[] {
  const { outcome, verdict, startedAtMs, waitSeconds } = facts;
  const process: Span = {
    ...processSpan(facts.delivery, trace, world, {
      [OWN.verdict]: verdict.kind,
      [OWN.waitSeconds]: Math.max(0, waitSeconds),
    }),
    startMs: startedAtMs,
    endMs: Math.max(endMs, startedAtMs),
    events,
    errorType: outcome.ok ? undefined : outcome.reason,
  };
  const records = facts.records.slice(0, 1).map((record) => recordSpan(record, facts, trace, process.endMs, world));
  return [process, ...(facts.invoked ? [callSpan(facts, trace, world)] : []), ...records];
}

/** The span of a delivery that a router died of holding, or may have died of: it has no attempt that could tell. */
export function interruptedSpan(
  delivery: Delivery,
  trace: AttemptTrace,
  { name, atMs }: Pick<SpanEvent, "name" | "atMs">,
  world: SpanWorld,
): Span {
  return {
    ...processSpan(delivery, trace, world, {}),
    startMs: atMs,
    endMs: atMs,
    events: [{ name, atMs, attributes: {} }],
    errorType: "router_died",
  };
}

type Given = Readonly<Record<string, SpanAttributes[string] | undefined>>;

function processSpan(
  delivery: Delivery,
  trace: AttemptTrace,
  { config, system }: SpanWorld,
  given: Given,
): Omit<Span, "startMs" | "endMs"> {
  const { id, eventId, origin, attempt, redriven } = delivery;
  const queue = deliveryQueue(delivery, config);
  return {
    ...within(trace, trace.spanId, trace.parentSpanId),
    name: `process ${queue}`,
    kind: "consumer",
    isParentRemote: true,
    attributes: attributesOf({
      ...messaging(system, "process", queue),
      [IN_DEVELOPMENT.messageId]: id,
      [OWN.eventId]: eventId,
      [OWN.bus]: origin?.bus,
      [OWN.rule]: origin?.rule,
      [OWN.target]: origin?.target,
      [OWN.attempt]: attempt,
      [OWN.redriven]: redriven,
      [OWN.sampledBy]: trace.isSampled ? undefined : "failure",
      ...given,
    }),
    links: linksTo(trace.links),
  };
}

/** The call over HTTP, or of a function that polls. */
function callSpan(facts: AttemptFacts, trace: AttemptTrace, world: SpanWorld): Span {
  const { delivery, outcome, startedAtMs, invocationSeconds } = facts;
  const { destination, attempt } = delivery;
  const http = httpOf(delivery, world.config);
  return {
    ...within(trace, trace.callSpanId, trace.spanId),
    name: http === undefined ? `invoke ${destination.name}` : http.method,
    kind: "client",
    startMs: startedAtMs,
    endMs: startedAtMs + Math.max(0, invocationSeconds * 1_000),
    attributes: attributesOf({
      ...(http === undefined ? {} : httpAttributes(http, outcome.statusCode, attempt)),
      ...(destination.kind === "function" ? functionAttributes(destination.name, world.identity) : {}),
    }),
    links: [],
    errorType: outcome.ok ? undefined : outcome.reason,
  };
}

interface HttpCall {
  readonly method: string;
  readonly url: string;
}

/** How a destination is called over HTTP; undefined for a function that polls. */
function httpOf({ destination: { kind, name } }: Delivery, config: Config): HttpCall | undefined {
  if (kind === "api-destination") return config.apiDestinations.get(name);
  const run = config.functions.get(name)?.run;
  return run?.kind === "http" || run?.kind === "container" ? { method: "POST", url: run.url } : undefined;
}

/** Of the address only where it leads to. The rest may hold a key: a webhook's is often a part of its path. */
function httpAttributes({ method, url }: HttpCall, statusCode: number | undefined, attempt: number): Given {
  const { hostname, port, protocol } = new URL(url);
  return {
    [STABLE.requestMethod]: method,
    [STABLE.serverAddress]: hostname,
    [STABLE.serverPort]: Number(port) || (protocol === "https:" ? 443 : 80),
    [STABLE.urlScheme]: protocol.slice(0, -1),
    [STABLE.statusCode]: statusCode,
    [STABLE.resendCount]: attempt > 1 ? attempt - 1 : undefined,
  };
}

function functionAttributes(name: string, identity: Identity): Given {
  return {
    [IN_DEVELOPMENT.faasName]: name,
    [IN_DEVELOPMENT.faasProvider]: "busbar",
    [IN_DEVELOPMENT.faasRegion]: identity.region,
    [IN_DEVELOPMENT.invokedArn]: functionArn(identity, name),
  };
}

/** What comes of a function's record is a part of this. */
function recordSpan(
  { condition, to, id }: RecordFact,
  { decidedAtMs }: AttemptFacts,
  trace: AttemptTrace,
  endMs: number,
  { config, system }: SpanWorld,
): Span {
  const destination = to.kind === "function" ? destinationQueue(to, config) : to.name;
  return {
    ...within(trace, trace.recordSpanId, trace.spanId),
    name: `send ${destination}`,
    kind: "producer",
    startMs: Math.min(decidedAtMs, endMs),
    endMs,
    attributes: attributesOf({
      ...messaging(system, "send", destination),
      [IN_DEVELOPMENT.messageId]: id,
      [OWN.record]: condition,
    }),
    links: [],
  };
}

function within({ traceId, tracestate }: AttemptTrace, spanId: string, parentSpanId: string | undefined) {
  return { traceId, spanId, parentSpanId, tracestate };
}
