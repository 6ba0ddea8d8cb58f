import { xRayOfDelivery } from "../../../domain/event/trace.ts";
import type { DoorRequest } from "../door-request.ts";
import { headerOf } from "../door-request.ts";

/**
 * The headers that front doors add, by their names in lower case. An ingress in front has set its own before: its scheme and
 * port are the ones that callers used, and its address list goes on.
 */
export function forwardedHeaders(request: DoorRequest): Readonly<Record<string, string>> {
  const { id, sourceIp, isTls, localPort } = request;
  const before = headerOf(request, "x-forwarded-for");
  const trace = headerOf(request, "x-amzn-trace-id") ?? xRayOfDelivery(id);
  return {
    "x-forwarded-for": before === undefined ? sourceIp : `${before}, ${sourceIp}`,
    "x-forwarded-port": headerOf(request, "x-forwarded-port") ?? String(localPort),
    "x-forwarded-proto": headerOf(request, "x-forwarded-proto") ?? (isTls ? "https" : "http"),
    ...(trace === undefined ? {} : { "x-amzn-trace-id": trace }),
  };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `12/Mar/2020:19:03:58 +0000` */
export function requestTime(epochMs: number): string {
  const [date = "", time = ""] = new Date(epochMs).toISOString().slice(0, 19).split("T");
  const [year, month, day] = date.split("-");
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
