import { headerText } from "../../../text/header-text.ts";
import type { Invocation } from "../../../ports/functions/functions.ts";
import { readTracestate, xRayOfTraceparent } from "../../../domain/event/trace.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";

/**
 * The headers of every call over HTTP. The delivery id is the same on every attempt, so a target recognizes a repetition
 * by it. A malformed trace context is left out.
 */
export function callHeaders(invocation: Invocation): Record<string, string> {
  const { id, eventId, attempt, redriven, isTest = false, clientContext } = invocation;
  return {
    "user-agent": "busbar",
    [HEADER.deliveryId]: id,
    ...(eventId === undefined ? {} : { [HEADER.eventId]: headerText(eventId) }),
    [HEADER.attempt]: String(attempt),
    ...(redriven === undefined ? {} : { [HEADER.redriven]: String(redriven) }),
    ...(isTest ? { [HEADER.test]: "true" } : {}),
    // As Lambda's own API takes it.
    ...(clientContext === undefined ? {} : { "x-amz-client-context": Buffer.from(clientContext).toString("base64") }),
    ...traceHeaders(invocation),
  };
}

function traceHeaders({ traceparent, tracestate }: Invocation): Record<string, string> {
  const xRay = traceparent === undefined ? undefined : xRayOfTraceparent(traceparent);
  if (traceparent === undefined || xRay === undefined) return {};
  const state = tracestate === undefined ? undefined : readTracestate(tracestate);
  return { traceparent, "x-amzn-trace-id": xRay, ...(state === undefined ? {} : { tracestate: state }) };
}
