import { backoffMs } from "./backoff.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Failure, Outcome } from "./outcome.ts";
import type { Policy } from "../target/policy.ts";
import { maximumAgeMs, reachingNow } from "../target/policy.ts";
import type { FailureReason } from "./reason.ts";

/** What happens after an outcome. */
export type Verdict = { readonly kind: "done" } | Retry | Failed;

export interface Retry {
  readonly kind: "retry";
  readonly delayMs: number;
  /** Whether it uses up one of `maximumRetryAttempts`. */
  readonly counted: boolean;
}

export interface Failed {
  readonly kind: "failed";
  readonly reason: FailureReason;
  readonly condition: FailedCondition;
  /** Set where the retry policy of the rule's target, or of the schedule, ended it before the function was reached. */
  readonly isUnreached?: true;
}

/** Lambda's names for why a function's event failed for good. */
export type FailedCondition = "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency";

/** How long a delivery waits for an unknown rule or target, which the rest of a roll-out may bring. */
const TARGET_GONE_PATIENCE_MS = 300_000;
const TARGET_GONE_WAIT_MS = 5_000;

/** What a verdict depends on besides the outcome. */
export interface Circumstances {
  readonly delivery: Delivery;
  readonly policy: Policy;
  readonly nowMs: number;
  /** In [0, 1): the jitter. */
  readonly random: number;
}

/**
 * Decides what happens after an outcome, by its reason and the destination's policy. Where the next retry could only start
 * after the event's maximum age, the event has failed now, as on Lambda.
 */
export function decideVerdict(outcome: Outcome, circumstances: Circumstances): Verdict {
  if (outcome.ok) return { kind: "done" };
  if (outcome.reason === "expired") return expired(circumstances);
  if (outcome.reason === "switched_off") {
    return { kind: "failed", reason: outcome.reason, condition: "ZeroReservedConcurrency" };
  }
  const retry = retryFor(outcome, circumstances);
  if (retry === undefined) return exhausted(outcome.reason, circumstances);
  const { delivery, nowMs } = circumstances;
  if (outcome.reason === "target_gone") return retry;
  const nextAgeMs = nowMs + retry.delayMs - delivery.firstAtMs;
  // A counted retry of a function is one of a function that was reached.
  const { policy } = circumstances;
  const tried = retry.counted ? { countedRetries: delivery.countedRetries + 1 } : delivery;
  return nextAgeMs > maximumAgeMs(policy, tried) ? expired({ policy, delivery: tried }) : retry;
}

/**
 * The same for an event that its key must not go on without: one that has used up its retries is tried on, until its age
 * is over. Not where its rule or its function is gone, since nothing is there to call.
 */
export function keptOn(verdict: Verdict, outcome: Outcome, circumstances: Circumstances): Verdict {
  if (verdict.kind !== "failed" || verdict.condition !== "RetriesExhausted") return verdict;
  if (outcome.ok || outcome.reason === "target_gone") return verdict;
  const { delivery, policy, nowMs, random } = circumstances;
  const isOwnError = outcome.reason === "function_error" || outcome.reason === "timeout";
  const delayMs = isOwnError
    ? intervalMs(circumstances)
    : Math.max(backoffMs(delivery.attempt, random), outcome.retryAfterMs ?? 0);
  if (nowMs + delayMs - delivery.firstAtMs > maximumAgeMs(policy, delivery)) return expired({ policy, delivery });
  return { kind: "retry", delayMs, counted: false };
}

function expired({ policy, delivery }: AgedBy): Failed {
  const isUnreached = maximumAgeMs(policy, delivery) < policy.maximumEventAgeMs;
  return {
    kind: "failed",
    reason: "expired",
    condition: "EventAgeExceeded",
    ...(isUnreached ? { isUnreached: true } : {}),
  };
}

interface AgedBy {
  readonly policy: Policy;
  readonly delivery: Pick<Delivery, "countedRetries">;
}

function exhausted(reason: FailureReason, { policy, delivery }: Circumstances): Failed {
  const isUnreached = isOutage(reason, policy.kind) && reachingNow(policy, delivery) !== undefined;
  return { kind: "failed", reason, condition: "RetriesExhausted", ...(isUnreached ? { isUnreached: true } : {}) };
}

function retryFor(failure: Failure, circumstances: Circumstances): Retry | undefined {
  const { delivery, policy, nowMs } = circumstances;
  switch (failure.reason) {
    case "function_error":
    case "timeout":
      return countedRetry(circumstances, intervalMs(circumstances));
    case "throttled":
    case "unauthorized":
    case "server_error":
    case "connection": {
      const delayMs = putOffMs(failure, circumstances);
      if (policy.kind === "api-destination") return countedRetry(circumstances, delayMs);
      const retries = delivery.attempt - 1;
      return retries < (reachingNow(policy, delivery)?.maximumRetryAttempts ?? Infinity)
        ? { kind: "retry", delayMs, counted: false }
        : undefined;
    }
    case "circuit_open":
      return { kind: "retry", delayMs: putOffMs(failure, circumstances), counted: false };
    case "target_gone":
      return nowMs - (delivery.goneSinceMs ?? nowMs) < TARGET_GONE_PATIENCE_MS
        ? { kind: "retry", delayMs: TARGET_GONE_WAIT_MS, counted: false }
        : undefined;
    case "client_error":
    case "invalid_response":
    case "condition_error":
    case "template_error":
    case "unmatchable":
    case "loop":
    case "fan_out":
    case "too_large":
    case "expired":
    case "switched_off":
      return undefined;
  }
}

/** The wait before a try that is hoped to reach the target. */
function putOffMs(failure: Failure, { delivery, random }: Circumstances): number {
  return Math.max(backoffMs(delivery.attempt, random), failure.retryAfterMs ?? 0);
}

function countedRetry({ delivery, policy }: Circumstances, delayMs: number): Retry | undefined {
  return delivery.countedRetries < policy.maximumRetryAttempts ? { kind: "retry", delayMs, counted: true } : undefined;
}

/** A function's configured wait before its next counted retry. The last one repeats. */
function intervalMs({ delivery, policy, random }: Circumstances): number {
  const { attempt, countedRetries } = delivery;
  if (policy.kind !== "function") return backoffMs(attempt, random);
  return policy.retryIntervalsMs[countedRetries] ?? policy.retryIntervalsMs.at(-1) ?? backoffMs(attempt, random);
}

/**
 * Whether a failure shows that the destination is out of order, and not only that it failed for this event. Such failures
 * are retried with backoff, and open the destination's circuit.
 */
export function isOutage(reason: FailureReason, kind: Policy["kind"]): boolean {
  switch (reason) {
    case "throttled":
    case "circuit_open":
    case "unauthorized":
    case "server_error":
    case "connection":
      return true;
    // A function's own errors have their own waits. An API destination has none.
    case "function_error":
    case "timeout":
      return kind === "api-destination";
    default:
      return false;
  }
}
