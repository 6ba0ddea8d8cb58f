import { outcomeName } from "../../domain/failure/outcome.ts";
import type { MappingBatch, MappingBatchFact } from "../../domain/mapping/batch-fact.ts";
import { LEFT_OUTCOME } from "../../domain/mapping/batch-fact.ts";
import { failureOf } from "./facts-as-records.ts";
import type { Journal } from "./journal.ts";

/** Longer ids are those of AMQP publishers. They cannot be cut, and are left out. */
const ID_CHARACTERS_MAX = 256;

/** Writes a call with a batch. One of which no record failed may be sampled away. @param fact undefined where it was left */
export function writeBatch(journal: Journal, batch: MappingBatch, fact: MappingBatchFact | undefined): void {
  const { mapping, functionName, source, requestId, records, recordIds } = batch;
  const { failed, failedIds, startedAtMs, endedAtMs } = fact ?? leftBatch(batch, journal.nowMs);
  if (failed === 0 && !journal.keeps(requestId, "batch")) return;
  journal.write({
    kind: "batch",
    atMs: endedAtMs,
    mapping,
    function: functionName,
    source,
    requestId,
    startedAtMs,
    records,
    failed,
    outcome: fact === undefined ? LEFT_OUTCOME : outcomeName(fact.outcome),
    failure: fact === undefined || fact.outcome.ok ? undefined : failureOf(fact.outcome),
    recordIds: recordIds.filter(isListed),
    failedIds: failedIds.filter(isListed),
  });
}

/** All of it comes again. When it began is not known. */
function leftBatch({ records, recordIds }: MappingBatch, nowMs: number) {
  return { failed: records, failedIds: recordIds, startedAtMs: nowMs, endedAtMs: nowMs };
}

function isListed({ length }: string): boolean {
  return length <= ID_CHARACTERS_MAX;
}
