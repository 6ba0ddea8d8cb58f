import type { IncomingHttpHeaders } from "node:http";
import type { TraceContext } from "../../domain/event/trace.ts";
import { isTraceparent, readTracestate, traceparentOfXRay } from "../../domain/event/trace.ts";

/** The parts of a Content-Type header that decide how a body is read. */
export interface ContentType {
  /** In lower case, without parameters; empty when there is no such header. */
  readonly mediaType: string;
  /** False when the charset is not UTF-8: nothing else is read here. */
  readonly utf8: boolean;
}

/** Reads a Content-Type header. */
export function parseContentType(header: string | undefined): ContentType {
  const [mediaType = "", ...parameters] = (header ?? "").toLowerCase().split(";");
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith("charset="));
  return { mediaType: mediaType.trim(), utf8: charset === undefined || /^charset="?utf-?8"?$/.test(charset) };
}

/**
 * The trace that a request belongs to: its `traceparent` with its `tracestate`, else its `X-Amzn-Trace-Id`. A malformed
 * header is ignored.
 */
export function traceOfHeaders(headers: IncomingHttpHeaders): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent === "string" && isTraceparent(traceparent)) {
    const state = typeof tracestate === "string" ? readTracestate(tracestate) : undefined;
    return state === undefined ? { traceparent } : { traceparent, tracestate: state };
  }
  const xRay = headers["x-amzn-trace-id"];
  const converted = typeof xRay === "string" ? traceparentOfXRay(xRay) : undefined;
  return converted === undefined ? undefined : { traceparent: converted };
}
