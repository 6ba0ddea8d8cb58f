import type { FunctionConfig } from "./function.ts";
import type { RetryPolicy } from "./target.ts";

/** EventBridge's defaults for a target's retries. */
const DEFAULT_RETRY_POLICY: RetryPolicy = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 };

/** How a destination's failures are retried. */
export type Policy =
  | {
      readonly kind: "function";
      readonly maximumRetryAttempts: number;
      readonly maximumEventAgeMs: number;
      /** Waits after function errors; the last one repeats. */
      readonly retryIntervalsMs: readonly number[];
    }
  | { readonly kind: "api-destination"; readonly maximumRetryAttempts: number; readonly maximumEventAgeMs: number };

/**
 * The policy of a destination that is not configured. Its deliveries wait for another configuration, whatever this policy
 * says (`decideVerdict`).
 */
export function policyOfUnknown(kind: Policy["kind"]): Policy {
  return kind === "function"
    ? { kind, maximumRetryAttempts: 0, maximumEventAgeMs: 0, retryIntervalsMs: [] }
    : apiDestinationPolicy();
}

export function functionPolicy(fn: FunctionConfig): Policy {
  return {
    kind: "function",
    maximumRetryAttempts: fn.maximumRetryAttempts,
    maximumEventAgeMs: fn.maximumEventAgeInSeconds * 1_000,
    retryIntervalsMs: fn.retryIntervalsSeconds.map((seconds) => seconds * 1_000),
  };
}

export function apiDestinationPolicy(retryPolicy: RetryPolicy = DEFAULT_RETRY_POLICY): Policy {
  return {
    kind: "api-destination",
    maximumRetryAttempts: retryPolicy.maximumRetryAttempts,
    maximumEventAgeMs: retryPolicy.maximumEventAgeInSeconds * 1_000,
  };
}
