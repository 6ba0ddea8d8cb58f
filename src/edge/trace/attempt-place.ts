import type { AttemptTrace } from "../../domain/delivery/attempt-trace.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { readTraceparent, traceIdOfUuid } from "../../domain/event/trace.ts";
import type { SpanIds } from "./span-ids.ts";

/**
 * An attempt later than this is the root of a trace of its own: what stores traces, or samples them at their end, holds none
 * open for hours.
 */
const SAME_TRACE_MS_MAX = 15 * 60_000;

/**
 * Gives an attempt its place in a trace.
 *
 * - Soon after the event was accepted: in the event's trace, as a part of the span that made the event.
 * - Later, or redriven: a trace of its own, with links.
 * - Of an event that carries no trace, nobody wanted to record it. The event's id is the trace id then, so that all
 *   attempts that fail, and are recorded, are in one trace.
 */
export function placeOfAttempt(delivery: Delivery, nowMs: number, ids: SpanIds): AttemptTrace {
  const { traceparent, tracestate, formerAttempt, redriven } = delivery;
  const made = traceparent === undefined ? undefined : readTraceparent(traceparent);
  const isSameTrace = redriven === undefined && nowMs - delivery.firstAtMs <= SAME_TRACE_MS_MAX;
  const isSampled = made?.isSampled === true;
  return {
    traceId: (isSameTrace ? (made?.traceId ?? traceIdOf(delivery)) : undefined) ?? ids.traceId(),
    spanId: ids.spanId(),
    callSpanId: ids.spanId(),
    recordSpanId: ids.spanId(),
    isSampled,
    // A span that is not sampled was never recorded: a part of it would look like a trace with a hole.
    ...(isSameTrace && isSampled ? { parentSpanId: made.spanId } : {}),
    links: linksOf(made === undefined ? undefined : traceparent, formerAttempt),
    ...(isSameTrace && made !== undefined && tracestate !== undefined ? { tracestate } : {}),
  };
}

function traceIdOf({ id, eventId = id }: Delivery): string | undefined {
  return traceIdOfUuid(eventId) ?? traceIdOfUuid(id);
}

const NO_LINKS: readonly string[] = [];

function linksOf(made: string | undefined, former: string | undefined): readonly string[] {
  if (made === undefined) return former === undefined ? NO_LINKS : [former];
  return former === undefined ? [made] : [made, former];
}
