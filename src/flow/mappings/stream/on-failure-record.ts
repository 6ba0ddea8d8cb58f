import { LATEST } from "../../../domain/target/function-alias.ts";
import { functionArn, streamArn } from "../../../domain/arn.ts";
import type { Outcome } from "../../../domain/failure/outcome.ts";
import type { GiveUpCondition } from "../../../domain/mapping/mapping.ts";
import type { ShardOrigin } from "./kinesis-event.ts";
import { sequenceNumber, shardId } from "./kinesis-event.ts";
import type { LaneRecord } from "./stream-lane.ts";

/** Records that are given up, and the last call with them. */
export interface GivenUp {
  readonly records: readonly LaneRecord[];
  readonly condition: GiveUpCondition;
  readonly calls: number;
  readonly functionName: string;
  readonly qualifier?: string | undefined;
  readonly requestId: string;
  /** Undefined where no call was made. */
  readonly outcome: Outcome | undefined;
}

/** Lambda's record of a batch that failed for good, which does not have the batch in it, JSON text. */
export function onFailureRecord(given: GivenUp, { identity, stream, partition }: ShardOrigin, nowMs: number): string {
  const { records, condition, calls, functionName, qualifier, requestId, outcome } = given;
  const offsets = records.map(({ offset }) => offset);
  const times = records.map(({ atMs }) => atMs);
  return JSON.stringify({
    requestContext: {
      requestId,
      functionArn: functionArn(identity, functionName, qualifier),
      condition,
      approximateInvokeCount: calls,
    },
    ...(condition === "RecordAgeExceeded" ? {} : { responseContext: responseContext(outcome) }),
    version: "1.0",
    timestamp: new Date(nowMs).toISOString(),
    KinesisBatchInfo: {
      shardId: shardId(partition),
      startSequenceNumber: sequenceNumber(Math.min(...offsets)),
      endSequenceNumber: sequenceNumber(Math.max(...offsets)),
      approximateArrivalOfFirstRecord: new Date(Math.min(...times)).toISOString(),
      approximateArrivalOfLastRecord: new Date(Math.max(...times)).toISOString(),
      batchSize: records.length,
      streamArn: streamArn(identity, stream),
    },
  });
}

/** A batch that failed by the function's answer has no error. */
function responseContext(outcome: Outcome | undefined): object {
  const functionError = outcome === undefined || outcome.ok ? null : "Unhandled";
  return { statusCode: 200, executedVersion: outcome?.executedVersion ?? LATEST, functionError };
}
