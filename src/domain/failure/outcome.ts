import type { FailureReason } from "./reason.ts";

/** What one attempt came to. A failure is expected: it is a value, not an exception. */
export type Outcome = Success | Failure;

export interface Success {
  readonly ok: true;
  /** What the function answered, as JSON text; undefined when it answered nothing. */
  readonly responseJson?: string;
  readonly statusCode: number;
}

export interface Failure {
  readonly ok: false;
  readonly reason: FailureReason;
  /** For people: what happened, with the address or name it happened to. */
  readonly message: string;
  /** What the function answered, as JSON text, where it answered. */
  readonly responseJson?: string;
  readonly statusCode?: number;
  /** What the target asked to wait (`Retry-After`). */
  readonly retryAfterMs?: number;
}
