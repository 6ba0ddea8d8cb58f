import type { MappingBatch, MappingBatchFact } from "../../domain/mapping/batch-fact.ts";
import type { MappingObserver } from "../../ports/observer.ts";

/** What came of a call with a batch. */
export type CallEnd = Pick<MappingBatchFact, "outcome" | "failed" | "failedIds" | "endedAtMs">;

export interface ObservedCallDeps {
  readonly observer: Pick<MappingObserver, "mappingBatchStarted" | "mappingBatchEnded">;
  readonly nowMs: () => number;
}

/**
 * Makes a call with a batch, and tells of its start and its end, also where it throws.
 *
 * @param call resolves with undefined when the call was abandoned: the batch comes again.
 */
export async function observedCall(
  batch: MappingBatch,
  { observer, nowMs }: ObservedCallDeps,
  call: () => Promise<CallEnd | undefined>,
): Promise<CallEnd | undefined> {
  const startedAtMs = nowMs();
  let end: CallEnd | undefined;
  observer.mappingBatchStarted(batch);
  try {
    end = await call();
    return end;
  } finally {
    observer.mappingBatchEnded(batch, end && { ...batch, ...end, startedAtMs });
  }
}
