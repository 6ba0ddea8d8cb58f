import type { FailureReason } from "./reason.ts";

/** The result of one attempt. A failure is expected: it is a value, not an exception. */
export type Outcome = Success | Failure;

/** An outcome as metrics and logs name it: `success`, or the reason of a failure. */
export function outcomeName(outcome: Outcome | "unknown"): "success" | "unknown" | FailureReason {
  if (outcome === "unknown") return outcome;
  return outcome.ok ? "success" : outcome.reason;
}

export interface Success {
  readonly ok: true;
  /** The function's answer as JSON text; undefined when it was empty. */
  readonly responseJson?: string;
  /** Whether the answer was streamed, and begins with the status and headers of an answer over HTTP. */
  readonly beginsWithHead?: boolean;
  readonly statusCode: number;
  readonly executedVersion?: ExecutedVersion;
}

export interface Failure {
  readonly ok: false;
  readonly reason: FailureReason;
  /** For people: what failed, with its address or name. */
  readonly message: string;
  /** The function's answer as JSON text, where it answered. */
  readonly responseJson?: string;
  readonly statusCode?: number;
  /** The wait that the target asked for (`Retry-After`). */
  readonly retryAfterMs?: number;
  readonly executedVersion?: ExecutedVersion;
}

/** The version of a function that was called, as `1`; undefined where the function itself was, `$LATEST`. */
export type ExecutedVersion = string;
