import type { RequestEntry } from "../../ports/put.ts";
import { isTraceparent } from "../../domain/event/trace.ts";
import { parseDateTime } from "../../text/date-time.ts";
import type { CloudEvent } from "./cloud-event.ts";

/** What a CloudEvent gets from the request it came in. */
export type Origin = Pick<RequestEntry, "eventBusName" | "traceparent">;

/**
 * A CloudEvent as an entry to be put: `type` is the detail type, `subject` the one resource, and all attributes ride
 * along. Its own `traceparent`, of the distributed tracing extension, comes before the request's.
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
