import type { GiveUpCondition } from "./mapping.ts";
import type { Outcome } from "../failure/outcome.ts";

/** A batch that its function is called with. */
export interface MappingBatch {
  readonly mapping: string;
  readonly functionName: string;
  /** Of the call, as the function sees it. */
  readonly requestId: string;
  readonly records: number;
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

/** What came of a batch. */
export interface MappingBatchFact extends MappingBatch {
  readonly outcome: Outcome;
  /** The records that come again. */
  readonly failed: number;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}
