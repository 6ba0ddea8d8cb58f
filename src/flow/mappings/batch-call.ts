import { backoffMs } from "../../domain/failure/backoff.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import { isOutage } from "../../domain/failure/verdict.ts";
import type { MappingBatch } from "../../domain/mapping/batch-fact.ts";
import { BATCH_IDS_MAX } from "../../domain/mapping/batch-fact.ts";
import type { Invocation } from "../../ports/functions/functions.ts";
import type { MessageQueues } from "../../ports/message-queues.ts";
import type { Batch } from "../../collections/batcher.ts";
import type { Callee } from "../functions/callee.ts";
import { functionRef } from "../../domain/target/target.ts";
import { failedIds } from "../../domain/failure/batch-answer.ts";
import type { BatchReader, BatchReaderOptions, QueueRecord } from "./batch-reader.ts";
import type { ObservedCallDeps } from "./observed-call.ts";
import { observedCall } from "./observed-call.ts";

export interface BatchCallDeps extends ObservedCallDeps {
  readonly queues: Pick<MessageQueues, "delete">;
  readonly newId: () => string;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Fires when the bound of a stop has passed: calls are abandoned, and their messages come again. */
  readonly abandon: AbortSignal;
}

/** What a batch is called with. */
export interface BatchCall extends BatchReaderOptions {
  readonly batch: Batch<QueueRecord>;
  readonly reader: BatchReader;
  readonly callee: Callee;
  /** Fires when no further call is to begin. */
  readonly stopping: AbortSignal;
}

/**
 * Calls the function with a batch and deletes what that succeeded for. The rest is left as it is: it comes again when its time is
 * over.
 *
 * @returns undefined when a call was abandoned.
 * @throws when the queue cannot be asked to delete: all of the batch comes again.
 */
export async function callWithBatch(call: BatchCall, deps: BatchCallDeps): Promise<Outcome | undefined> {
  const { batch, mapping, queue, reader } = call;
  const { queues, newId, nowMs } = deps;
  const payload = reader.eventOf(batch);
  const { name, functionName } = mapping;
  const records = batch.items.length;
  const recordIds = batch.items.slice(0, BATCH_IDS_MAX).map(({ id }) => id);
  const about = { mapping: name, functionName, source: `queue/${queue.name}`, requestId: newId() };
  const called: MappingBatch = { ...about, records, recordIds, bytes: payload.length };
  const end = await observedCall(called, deps, async () => {
    const destination = functionRef(functionName, mapping.qualifier);
    const outcome = await outcomeOf({ id: called.requestId, destination, payload }, call, deps);
    if (outcome === undefined) return undefined;
    const endedAtMs = nowMs();
    const ids = new Set(batch.items.map(({ id }) => id));
    const failed = failedIds(outcome, ids, mapping.reportBatchItemFailures);
    const done = batch.items.filter(({ id }) => !failed.has(id)).map(({ receipt }) => receipt);
    if (done.length > 0) await queues.delete(queue, done);
    return { outcome, failed: records - done.length, failedIds: recordIds.filter((id) => failed.has(id)), endedAtMs };
  });
  return end?.outcome;
}

/**
 * A function that is out of order is called again with the same batch, after longer and longer waits, as long as it would still
 * have its whole time before a record is visible again: given back at once, the batch would use up a receive each time.
 */
async function outcomeOf(
  invocation: Omit<Invocation, "attempt">,
  { batch, reader, callee, stopping }: BatchCall,
  { nowMs, random, sleep, abandon }: BatchCallDeps,
): Promise<Outcome | undefined> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await callee.call({ ...invocation, attempt }, abandon);
    if (outcome === "gone") return undefined;
    if (outcome.ok || !isOutage(outcome.reason, "function")) return outcome;
    const delayMs = Math.max(backoffMs(attempt, random()), outcome.retryAfterMs ?? 0);
    if (nowMs() + delayMs > reader.latestStartMs(batch)) return outcome;
    await sleep(delayMs, stopping).catch(() => undefined);
    if (stopping.aborted || !callee.mayBeCalled) return outcome;
  }
}
