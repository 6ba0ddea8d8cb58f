import { headerText } from "../../../text/header-text.ts";
import type { Invocation } from "../../../ports/functions.ts";
import { xRayOfTraceparent } from "../../../domain/event/trace.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";

/**
 * The headers of every call over HTTP. The delivery id is the same on every attempt, so a target recognizes a repetition
 * by it. A malformed trace context is left out.
 */
export function callHeaders({ id, eventId, attempt, redriven, traceparent }: Invocation): Record<string, string> {
  const xRay = traceparent === undefined ? undefined : xRayOfTraceparent(traceparent);
  return {
    "user-agent": "busbar",
    [HEADER.deliveryId]: id,
    ...(eventId === undefined ? {} : { [HEADER.eventId]: headerText(eventId) }),
    [HEADER.attempt]: String(attempt),
    ...(redriven === undefined ? {} : { [HEADER.redriven]: String(redriven) }),
    ...(traceparent === undefined || xRay === undefined ? {} : { traceparent, "x-amzn-trace-id": xRay }),
  };
}
