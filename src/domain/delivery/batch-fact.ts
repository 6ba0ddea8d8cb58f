import type { Outcome } from "../failure/outcome.ts";

/**
 * Why a batch was called.
 *
 * - `full`: it had as many events as a call may have, or as many bytes.
 * - `window`: its window was over.
 * - `room`: it was called early, to make room for others.
 * - `alone`: its one event came by itself, as one does that is tried after routers died holding it.
 */
export const BATCH_ENDS = ["full", "window", "room", "alone"] as const;
export type BatchEnd = (typeof BATCH_ENDS)[number];

/** What came of a function's call with a list of events. */
export interface TargetBatchFact {
  readonly functionName: string;
  /** Of the call, as the function sees it. */
  readonly requestId: string;
  readonly end: BatchEnd;
  readonly events: number;
  /** Those of them that failed. */
  readonly failed: number;
  /** The length of the list. */
  readonly bytes: number;
  readonly outcome: Outcome;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}
