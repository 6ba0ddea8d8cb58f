import type { Invocation } from "../../core/invocation.ts";
import { xRayOfTraceparent } from "../../core/trace.ts";

/**
 * The headers that every call over HTTP has. The delivery id is the same on every attempt, so a target can tell a
 * repetition by it. A malformed trace context is left out rather than passed on.
 */
export function callHeaders({ id, attempt, redriven, traceparent }: Invocation): Record<string, string> {
  const xRay = traceparent === undefined ? undefined : xRayOfTraceparent(traceparent);
  return {
    "user-agent": "busbar",
    "busbar-delivery-id": id,
    "busbar-attempt": String(attempt),
    ...(redriven === undefined ? {} : { "busbar-redriven": String(redriven) }),
    ...(traceparent === undefined || xRay === undefined ? {} : { traceparent, "x-amzn-trace-id": xRay }),
  };
}
