import type { Outcome } from "./failure/outcome.ts";
import type { FailureReason } from "./failure/reason.ts";

/** Why a function was not called for a caller who waits, by what would have to change first. */
export const CALL_REFUSALS = [
  /** It is paused. */
  "paused",
  /** Its circuit is open, or half open with a call in flight already. */
  "circuit_open",
  /** Its calls at once are all in use. */
  "no_slot",
  /** None of its environments asked for work in time. */
  "no_environment",
  /** Its caller hung up while it waited for an environment. */
  "caller_gone",
  /** A router stopped or ended with the call in hand, and may have called it. */
  "stopped",
] as const;

export type CallRefusal = (typeof CALL_REFUSALS)[number];

/** A caller's call of a function: its outcome, or why there was none. */
export interface InvokedFact {
  /** The request's id, which the function sees too. */
  readonly requestId: string;
  readonly functionName: string;
  /** A principal's id; undefined on a router without credentials. */
  readonly by: string | undefined;
  readonly end: Outcome | CallRefusal;
  readonly payload: Buffer;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** How a call ended, as metrics and logs name it. */
export function callEndName(end: Outcome | CallRefusal): "success" | FailureReason | CallRefusal {
  if (typeof end === "string") return end;
  return end.ok ? "success" : end.reason;
}

/** A caller's event for a function, which is in its queue; or which the broker did not take. */
export interface QueuedFact {
  readonly requestId: string;
  readonly functionName: string;
  readonly by: string | undefined;
  readonly isStored: boolean;
  readonly bytes: number;
}
