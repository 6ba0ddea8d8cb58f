import type { FailureReason } from "../../../domain/failure/reason.ts";

/** Reasons for single HTTP status codes; the codes not named go by their class. */
export type StatusReasons = Readonly<Record<number, FailureReason>>;

/**
 * A 408 is the target's own time limit, mostly a proxy's or a load balancer's before the function had its say, and
 * RFC 9110 invites a repetition: it is retried like the 503 that others send in its place.
 */
const FUNCTION_REASONS: StatusReasons = { 408: "server_error", 429: "throttled" };

/**
 * EventBridge retries 401, 407 and 409 too (user guide, "API destinations": error codes): a key that is renewed a minute
 * late costs no delivery.
 */
export const API_DESTINATION_REASONS: StatusReasons = {
  ...FUNCTION_REASONS,
  401: "unauthorized",
  407: "unauthorized",
  409: "throttled",
};

/**
 * Why an answer with this status is a failure; undefined when it is none (2xx). Redirects are not followed, so a
 * 3xx is as much the caller's mistake as a 4xx.
 */
export function statusReason(statusCode: number, reasons: StatusReasons = FUNCTION_REASONS): FailureReason | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined;
  return reasons[statusCode] ?? (statusCode >= 500 ? "server_error" : "client_error");
}
