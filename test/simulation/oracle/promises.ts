import type { Failure, Outcome } from "../../../src/domain/failure/outcome.ts";
import type { FailureReason } from "../../../src/domain/failure/reason.ts";
import type { Target } from "../../../src/domain/target/target.ts";
import type { Variant } from "../scenario.ts";

/*
 * What the documentation promises, as numbers and texts. It is written down a second time on purpose: an oracle that
 * computed with the router's own functions would follow each of their defects.
 */

/** docs/rabbitmq.md, "What Busbar makes there". */
export const DEAD_LETTERS = "busbar.dead-letter";
export const PARKED = "busbar.parked";
const HELD = "busbar.sqs.held";
export const CONTROL_LOG = "busbar.control";

/** What a queue must be made with. */
export interface QueuePromise {
  readonly deliveryLimit: number;
  /** Where a message goes that reaches the limit; undefined where people read the queue. */
  readonly deadLetterQueue: string | undefined;
  readonly singleActiveConsumer: boolean;
}

/** docs/rabbitmq.md, "What Busbar makes there". */
export function queuePromise(queue: string): QueuePromise {
  const oneRouterAtATime = hasOneRouterAtATime(queue);
  if (!queue.startsWith("busbar.") || [DEAD_LETTERS, PARKED, HELD].includes(queue))
    return { deliveryLimit: 1_000_000, deadLetterQueue: undefined, singleActiveConsumer: false };
  const deliveryLimit = queue === "busbar.suspect" ? 2 : 20;
  return { deliveryLimit, deadLetterQueue: PARKED, singleActiveConsumer: oneRouterAtATime };
}

/** docs/delivery.md, "Containers with the emulator", "API destinations", "Parked messages and suspects". */
export function hasOneRouterAtATime(queue: string): boolean {
  return queue === "busbar.suspect" || /^busbar\.(container|api-destination)\./.test(queue);
}

/** docs/delivery.md, "Retries": how a reason is retried, of a function and of an API destination. */
const RETRIES: Readonly<
  Record<FailureReason, { readonly wait: "intervals" | "backoff" | "none"; readonly code: string }>
> = {
  function_error: { wait: "intervals", code: "ERROR_FROM_TARGET" },
  timeout: { wait: "intervals", code: "TIMEOUT" },
  throttled: { wait: "backoff", code: "THROTTLING" },
  unauthorized: { wait: "backoff", code: "NO_PERMISSIONS" },
  server_error: { wait: "backoff", code: "ERROR_FROM_TARGET" },
  connection: { wait: "backoff", code: "CONNECTION_FAILURE" },
  client_error: { wait: "none", code: "INVALID_PARAMETER" },
  invalid_response: { wait: "none", code: "ERROR_FROM_TARGET" },
  condition_error: { wait: "none", code: "INTERNAL_ERROR" },
  template_error: { wait: "none", code: "INVALID_JSON" },
  unmatchable: { wait: "none", code: "INVALID_JSON" },
  loop: { wait: "none", code: "INVALID_PARAMETER" },
  fan_out: { wait: "none", code: "RESOURCE_LIMIT_EXCEEDED" },
  too_large: { wait: "none", code: "INVALID_PARAMETER" },
  // No call is made, so no outcome of a call has these. The first waits as long as a circuit is open, the second for `GONE_WAIT_MS`.
  circuit_open: { wait: "none", code: "THROTTLING" },
  target_gone: { wait: "none", code: "NO_RESOURCE" },
  expired: { wait: "none", code: "TIMEOUT" },
  switched_off: { wait: "none", code: "THROTTLING" },
};

/** docs/delivery.md, "Retries": what a router does not know is tried again every 5 seconds. */
export const GONE_WAIT_MS = 5_000;
/** docs/delivery.md, "Queues that are full". */
export const KEPT_WAIT_MS = 60_000;

/** docs/delivery.md, "Retries": `ERROR_CODE` by the reason. */
export function errorCodeOf(reason: FailureReason): string {
  return RETRIES[reason].code;
}

/** docs/delivery.md, "Retries" and docs/configuration.md, "Functions": how a destination's failures are retried. */
export interface RetryPromise {
  readonly kind: "function" | "api-destination";
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeMs: number;
  /** Empty for backoff. */
  readonly intervalsMs: readonly number[];
}

/** The promise for a destination, which is the same in every configuration that has it. */
export function retryPromise(label: string, target: Target | undefined, base: Variant): RetryPromise {
  const fn = base.functions.find(({ name }) => label === `function/${name}`);
  if (fn !== undefined) {
    return {
      kind: "function",
      maximumRetryAttempts: fn.maximumRetryAttempts,
      maximumEventAgeMs: fn.maximumEventAgeInSeconds * 1_000,
      intervalsMs: fn.retryIntervalsSeconds.map((seconds) => seconds * 1_000),
    };
  }
  const { maximumRetryAttempts = 185, maximumEventAgeInSeconds = 24 * 3_600 } = target?.retryPolicy ?? {};
  return {
    kind: "api-destination",
    maximumRetryAttempts,
    maximumEventAgeMs: maximumEventAgeInSeconds * 1_000,
    intervalsMs: [],
  };
}

/** Whether the attempt after this failure uses up one of `maximumRetryAttempts`. */
export function isCounted({ reason }: Failure, { kind }: RetryPromise): boolean {
  const { wait } = RETRIES[reason];
  return kind === "api-destination" ? wait !== "none" : wait === "intervals";
}

/** A least and a longest wait, milliseconds. */
export interface Wait {
  readonly leastMs: number;
  readonly longestMs: number;
}

/**
 * The waits that may follow an attempt.
 *
 * @param attempt the number of the attempt that failed.
 * @param counted how many retries were counted before it; undefined where copies of the delivery may differ in that.
 * @returns undefined when it is not retried.
 */
export function waitAfter(
  outcome: Outcome,
  attempt: number,
  { kind, intervalsMs }: RetryPromise,
  counted: number | undefined,
): Wait | undefined {
  if (outcome.ok) return undefined;
  const { wait } = RETRIES[outcome.reason];
  if (wait === "none") return undefined;
  if (wait === "backoff") return atLeast(backoff(attempt), outcome.retryAfterMs ?? 0);
  if (kind === "api-destination" || intervalsMs.length === 0) return backoff(attempt);
  if (counted === undefined) return { leastMs: Math.min(...intervalsMs), longestMs: Math.max(...intervalsMs) };
  const intervalMs = intervalsMs[Math.min(counted, intervalsMs.length - 1)] ?? 0;
  return { leastMs: intervalMs, longestMs: intervalMs };
}

/** Seconds: doubling to 5 minutes, of which up to the half is taken off; waits are whole seconds. */
const BACKOFF_LONGEST = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300];
const BACKOFF_LEAST = [1, 1, 2, 4, 8, 16, 32, 64, 128, 150];

function backoff(attempt: number): Wait {
  const index = Math.min(attempt, BACKOFF_LONGEST.length) - 1;
  return { leastMs: (BACKOFF_LEAST[index] ?? 0) * 1_000, longestMs: (BACKOFF_LONGEST[index] ?? 0) * 1_000 };
}

function atLeast({ leastMs, longestMs }: Wait, boundMs: number): Wait {
  return { leastMs: Math.max(leastMs, boundMs), longestMs: Math.max(longestMs, boundMs) };
}
