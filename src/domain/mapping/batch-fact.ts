import type { GiveUpCondition } from "./mapping.ts";
import type { Outcome } from "../failure/outcome.ts";

/** How many ids of a batch's records a fact has. */
export const BATCH_IDS_MAX = 100;

/** A batch that its function is called with. */
export interface MappingBatch {
  readonly mapping: string;
  readonly functionName: string;
  /** Where its records are from: `queue/NAME`, or `stream/PARTITION`. */
  readonly source: string;
  /** Of the call, as the function sees it. */
  readonly requestId: string;
  readonly records: number;
  /** By which the function knows the first of its records. */
  readonly recordIds: readonly string[];
  /** The length of the event that the function is given. */
  readonly bytes: number;
}

/** Records of a stream that were given up. */
export interface GivenUpFact {
  readonly mapping: string;
  readonly records: number;
  readonly condition: GiveUpCondition;
  /** The queue that has the record of it; undefined where the mapping names none. */
  readonly queue?: string;
}

/** How the reading of a stream's partition is at this router. */
export interface MappingReadingFact {
  readonly mapping: string;
  /** The partition's name on the broker. */
  readonly partition: string;
  /**
   * - `reading`: it is read.
   * - `failed`: it cannot be read, and is tried again each second.
   * - `over`: it is not to be read here any more.
   */
  readonly state: "reading" | "failed" | "over";
  /** Of `failed`. */
  readonly error?: unknown;
}

/** How far the reading of a stream's partition has come at this router. */
export interface MappingProgressFact {
  readonly mapping: string;
  readonly partition: string;
  /** When the oldest record was accepted that was read and is not finished, in epoch milliseconds; undefined where all are. */
  readonly oldestAtMs: number | undefined;
}

/** The outcome of a batch whose call was abandoned, or whose source did not take what came of it. */
export const LEFT_OUTCOME = "left";

/** What came of a batch. */
export interface MappingBatchFact extends MappingBatch {
  readonly outcome: Outcome;
  /** The records that come again. */
  readonly failed: number;
  /** Those of `recordIds` that come again. */
  readonly failedIds: readonly string[];
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}
