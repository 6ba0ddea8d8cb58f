import type { RequestRefusal } from "../../domain/facts.ts";

const BY_STATUS: Readonly<Record<number, RequestRefusal>> = {
  401: "access",
  403: "access",
  404: "not_found",
  408: "timeout",
  413: "too_large",
  415: "media_type",
  429: "throttled",
  431: "header",
  503: "unavailable",
};

/** Why a request was refused, by the status of its answer; undefined when it was not. */
export function requestRefusalOf(status: number): RequestRefusal | undefined {
  if (status < 400) return undefined;
  return BY_STATUS[status] ?? (status < 500 ? "malformed" : "fault");
}
