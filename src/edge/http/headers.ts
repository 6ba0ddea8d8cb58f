import type { IncomingHttpHeaders } from "node:http";
import { isTraceparent, traceparentOfXRay } from "../../domain/event/trace.ts";

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

/** The trace that a request belongs to: its `traceparent`, else its `X-Amzn-Trace-Id`. A malformed header is ignored. */
export function traceparentOfHeaders(headers: IncomingHttpHeaders): string | undefined {
  const traceparent = headers["traceparent"];
  if (typeof traceparent === "string" && isTraceparent(traceparent)) return traceparent;
  const xRay = headers["x-amzn-trace-id"];
  return typeof xRay === "string" ? traceparentOfXRay(xRay) : undefined;
}
