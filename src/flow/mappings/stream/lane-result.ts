import type { Failure, Outcome } from "../../../domain/failure/outcome.ts";
import { isOutage } from "../../../domain/failure/verdict.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import { failedIds } from "../../../domain/failure/batch-answer.ts";
import { sequenceNumber } from "./kinesis-event.ts";
import type { LaneRecord, LaneResult } from "./stream-lane.ts";

/**
 * Whether the function was not called, or its environment did not take the call: no try of its own. A function over HTTP answers
 * 500 by itself; other codes of that class are mostly those of what stands before it.
 */
function isUnreached({ reason, statusCode }: Failure): boolean {
  return isOutage(reason, "function") && statusCode !== 500;
}

/** How a call's batch is answered for. */
export interface CalledBatch {
  readonly records: readonly LaneRecord[];
  readonly reportsFailures: boolean;
  /** Whether the answer must have the state of a tumbling window. */
  readonly hasWindow: boolean;
}

/** What became of a batch, as Lambda reads the outcome of its call. */
export function laneResult(outcome: Outcome, { records, reportsFailures, hasWindow }: CalledBatch): LaneResult {
  if (!outcome.ok) return { kind: isUnreached(outcome) ? "unreached" : "failed" };
  const state = hasWindow ? stateIn(outcome.responseJson) : undefined;
  if (hasWindow && state === undefined) return { kind: "failed" };
  const ids = new Map(records.map(({ offset }) => [sequenceNumber(offset), offset]));
  const failed = failedIds(outcome, new Set(ids.keys()), reportsFailures);
  const known = state === undefined ? {} : { state };
  if (failed.size === 0) return { kind: "done", ...known };
  if (failed.size === ids.size) return { kind: "failed" };
  return { kind: "failed-from", offset: Math.min(...[...failed].map((id) => ids.get(id) ?? 0)), ...known };
}

/** Which of a batch's records come again. */
export function failedRecords(result: LaneResult, records: readonly LaneRecord[]): readonly LaneRecord[] {
  if (result.kind === "done") return [];
  return result.kind === "failed-from" ? records.filter(({ offset }) => offset >= result.offset) : records;
}

/** The state in a function's answer, JSON text. */
function stateIn(responseJson: string | undefined): string | undefined {
  const answer = responseJson === undefined ? undefined : parseJson(responseJson);
  return isJsonObject(answer) && isJsonObject(answer["state"]) ? JSON.stringify(answer["state"]) : undefined;
}
