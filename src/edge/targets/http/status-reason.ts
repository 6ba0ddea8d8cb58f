import type { FailureReason } from "../../../domain/failure/reason.ts";

/** Reasons for single HTTP status codes; the codes not named go by their class. */
export type StatusReasons = Readonly<Record<number, FailureReason>>;

/**
 * A 408 is mostly the time limit of a proxy or load balancer before the function, and RFC 9110 allows a repetition. It is
 * retried like the 503 that other proxies send.
 */
const FUNCTION_REASONS: StatusReasons = { 408: "server_error", 429: "throttled" };

/**
 * EventBridge retries 401, 407 and 409 too (user guide, "API destinations": error codes): a key that is renewed a minute
 * late loses no delivery.
 */
export const API_DESTINATION_REASONS: StatusReasons = {
  ...FUNCTION_REASONS,
  401: "unauthorized",
  407: "unauthorized",
  409: "throttled",
};

/**
 * Why an answer with this status is a failure; undefined for a success (2xx). Redirects are not followed, so a 3xx is a
 * client error like a 4xx.
 */
export function statusReason(statusCode: number, reasons: StatusReasons = FUNCTION_REASONS): FailureReason | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined;
  return reasons[statusCode] ?? (statusCode >= 500 ? "server_error" : "client_error");
}
