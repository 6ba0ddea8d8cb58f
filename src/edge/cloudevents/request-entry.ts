import type { RequestEntry } from "../../ports/put.ts";
import type { TraceContext } from "../../domain/event/trace.ts";
import { isTraceparent, readTracestate, traceOf } from "../../domain/event/trace.ts";
import { parseDateTime } from "../../text/date-time.ts";
import type { CloudEvent } from "./cloud-event.ts";

/** The parts of an entry that come from the request. */
export type Origin = Pick<RequestEntry, "eventBusName">;

/**
 * Makes the entry of a CloudEvent: `type` is the detail type, `subject` the only resource, and the event carries all
 * attributes. Its own `traceparent` and `tracestate` (distributed tracing extension) are the entry's.
 */
export function requestEntry({ attributes, detailJson }: CloudEvent, origin: Origin): RequestEntry {
  const { id, source, type, subject, time } = attributes;
  const timeMs = time === undefined ? undefined : parseDateTime(time);
  return {
    ...origin,
    id,
    source,
    detailType: type,
    detail: detailJson,
    resources: subject === undefined ? [] : [subject],
    ...(timeMs === undefined ? {} : { timeMs }),
    ...traceOfAttributes(attributes),
    cloudevent: attributes,
  };
}

function traceOfAttributes({ traceparent, tracestate }: CloudEvent["attributes"]): Partial<TraceContext> {
  if (typeof traceparent !== "string" || !isTraceparent(traceparent)) return {};
  return traceOf({ traceparent, tracestate: typeof tracestate === "string" ? readTracestate(tracestate) : undefined });
}
