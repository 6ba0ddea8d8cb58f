/** How an event source mapping is at the router that answers. */
export interface MappingStatus {
  /**
   * - `reading`: it reads its source.
   * - `waiting`: its function is paused, its circuit is open, or it is being replaced; or its function or its source is gone.
   * - `disabled`: its configuration says so.
   */
  readonly state: "reading" | "waiting" | "disabled";
  readonly callsInFlight: number;
  /**
   * How long ago the oldest record of a stream was accepted that was read here and is not finished; 0 where all are. Undefined for a
   * queue, and while this router reads no partition.
   */
  readonly oldestRecordAgeMs?: number;
  /** What came of the batch that ended last; undefined before the first. */
  readonly lastResult?: MappingResult;
}

export interface MappingResult {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly records: number;
  /** Those that come again. */
  readonly failed: number;
  /** `success`, or the reason of a failure. */
  readonly outcome: string;
}

/** How event source mappings are at this router. */
export interface MappingStatuses {
  mappingStatus(name: string): MappingStatus;
}
