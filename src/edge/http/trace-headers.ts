import type { IncomingHttpHeaders } from "node:http";
import { isTraceparent, traceparentOfXRay } from "../../domain/event/trace.ts";

/** The trace a request belongs to: its `traceparent`, else its `X-Amzn-Trace-Id`. What is malformed is as good as absent. */
export function traceparentOfHeaders(headers: IncomingHttpHeaders): string | undefined {
  const traceparent = headers["traceparent"];
  if (typeof traceparent === "string" && isTraceparent(traceparent)) return traceparent;
  const xRay = headers["x-amzn-trace-id"];
  return typeof xRay === "string" ? traceparentOfXRay(xRay) : undefined;
}
