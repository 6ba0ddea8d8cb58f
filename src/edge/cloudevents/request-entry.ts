import type { RequestEntry } from "../../ports/put.ts";
import { isTraceparent } from "../../domain/event/trace.ts";
import { parseDateTime } from "../../text/date-time.ts";
import type { CloudEvent } from "./cloud-event.ts";

/** The parts of an entry that come from the request. */
export type Origin = Pick<RequestEntry, "eventBusName" | "traceparent">;

/**
 * Makes the entry of a CloudEvent: `type` is the detail type, `subject` the only resource, and the event carries all
 * attributes. Its own `traceparent` (distributed tracing extension) comes before the request's.
 */
export function requestEntry({ attributes, detailJson }: CloudEvent, origin: Origin): RequestEntry {
  const { id, source, type, subject, time, traceparent } = attributes;
  const timeMs = time === undefined ? undefined : parseDateTime(time);
  return {
    ...origin,
    id,
    source,
    detailType: type,
    detail: detailJson,
    resources: subject === undefined ? [] : [subject],
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(typeof traceparent === "string" && isTraceparent(traceparent) ? { traceparent } : {}),
    cloudevent: attributes,
  };
}
