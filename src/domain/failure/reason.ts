/**
 * Why an attempt failed. The reason decides about retries and is the metric label. Each has AWS's error code, for the dead
 * letter's `ERROR_CODE` header.
 */
export const ERROR_CODES = {
  function_error: "ERROR_FROM_TARGET",
  timeout: "TIMEOUT",
  throttled: "THROTTLING",
  circuit_open: "THROTTLING",
  unauthorized: "NO_PERMISSIONS",
  server_error: "ERROR_FROM_TARGET",
  connection: "CONNECTION_FAILURE",
  client_error: "INVALID_PARAMETER",
  invalid_response: "ERROR_FROM_TARGET",
  condition_error: "INTERNAL_ERROR",
  template_error: "INVALID_JSON",
  unmatchable: "INVALID_JSON",
  loop: "INVALID_PARAMETER",
  fan_out: "RESOURCE_LIMIT_EXCEEDED",
  too_large: "INVALID_PARAMETER",
  target_gone: "NO_RESOURCE",
  expired: "TIMEOUT",
  switched_off: "THROTTLING",
} as const;

export type FailureReason = keyof typeof ERROR_CODES;

export const FAILURE_REASONS = Object.keys(ERROR_CODES) as readonly FailureReason[];
