import type { FunctionConfig } from "./function.ts";
import type { RetryPolicy } from "./target.ts";

/** EventBridge's defaults for a target's retries. */
const DEFAULT_RETRY_POLICY: RetryPolicy = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 };

/** How long and how often a target is tried until it is reached. */
export interface Reaching {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeMs: number;
}

/** How a destination's failures are retried. */
export type Policy =
  | {
      readonly kind: "function";
      readonly maximumRetryAttempts: number;
      readonly maximumEventAgeMs: number;
      /** Waits after function errors; the last one repeats. */
      readonly retryIntervalsMs: readonly number[];
      /** What the rule's target, or the schedule, says of the tries to reach the function. */
      readonly reaching?: Reaching;
    }
  | ({ readonly kind: "api-destination" } & Reaching);

/**
 * The policy of a destination that is not configured. Its deliveries wait for another configuration, whatever this policy
 * says (`decideVerdict`).
 */
export function policyOfUnknown(kind: Policy["kind"]): Policy {
  return kind === "function"
    ? { kind, maximumRetryAttempts: 0, maximumEventAgeMs: 0, retryIntervalsMs: [] }
    : apiDestinationPolicy();
}

/** @param retryPolicy of the rule's target, or of the schedule. */
export function functionPolicy(fn: FunctionConfig, retryPolicy?: RetryPolicy): Policy {
  return {
    kind: "function",
    maximumRetryAttempts: fn.maximumRetryAttempts,
    maximumEventAgeMs: fn.maximumEventAgeInSeconds * 1_000,
    retryIntervalsMs: fn.retryIntervalsSeconds.map((seconds) => seconds * 1_000),
    ...(retryPolicy === undefined ? {} : { reaching: reachingOf(retryPolicy) }),
  };
}

export function apiDestinationPolicy(retryPolicy?: RetryPolicy): Policy {
  return { kind: "api-destination", ...reachingOf(retryPolicy) };
}

/** How long and how often a target is tried. */
export function reachingOf({ maximumRetryAttempts, maximumEventAgeInSeconds } = DEFAULT_RETRY_POLICY): Reaching {
  return { maximumRetryAttempts, maximumEventAgeMs: maximumEventAgeInSeconds * 1_000 };
}

/**
 * What the target of a rule or schedule says of the next try. A function that was reached once, and reported an error or
 * timed out, has its own retries from then on, as Lambda has once EventBridge has invoked it.
 */
export function reachingNow(
  policy: Policy,
  { countedRetries }: { readonly countedRetries: number },
): Reaching | undefined {
  return policy.kind === "function" && countedRetries === 0 ? policy.reaching : undefined;
}

/** How old a delivery may be when it is tried. */
export function maximumAgeMs(policy: Policy, delivery: { readonly countedRetries: number }): number {
  return Math.min(policy.maximumEventAgeMs, reachingNow(policy, delivery)?.maximumEventAgeMs ?? Infinity);
}
