import type { Identity } from "../../../domain/arn.ts";
import { streamArn } from "../../../domain/arn.ts";
import type { StreamedRecord } from "../../../ports/broker/streams.ts";
import type { LaneRecord } from "./stream-lane.ts";
import type { WindowCall } from "./tumbling-windows.ts";

/** Kinesis's sequence numbers are long: as texts they are in order only if all have the same length. */
const SEQUENCE_DIGITS = 21;

/** Where records come from. */
export interface ShardOrigin {
  readonly identity: Identity;
  readonly stream: string;
  /** Counted from 0. */
  readonly partition: number;
}

export function sequenceNumber(offset: number): string {
  return String(offset).padStart(SEQUENCE_DIGITS, "0");
}

export function shardId(partition: number): string {
  return `shardId-${String(partition).padStart(12, "0")}`;
}

/** A record of an `aws:kinesis` event, JSON text, in the order of members that AWS was seen to write. */
export function kinesisRecord(record: StreamedRecord, { identity, stream, partition }: ShardOrigin): string {
  const sequence = sequenceNumber(record.offset);
  return JSON.stringify({
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: record.partitionKey,
      sequenceNumber: sequence,
      data: record.body.toString("base64"),
      approximateArrivalTimestamp: record.atMs / 1_000,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${shardId(partition)}:${sequence}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: `arn:aws:iam::${identity.accountId}:role/busbar`,
    awsRegion: identity.region,
    eventSourceARN: streamArn(identity, stream),
  });
}

/** The event that a function is called with, JSON text. */
export function kinesisEvent(
  records: readonly LaneRecord[],
  window: WindowCall | undefined,
  { identity, stream, partition }: ShardOrigin,
): string {
  const list = `"Records":[${records.map(({ json }) => json).join(",")}]`;
  if (window === undefined) return `{${list}}`;
  const members = JSON.stringify({
    window: { start: instant(window.startMs), end: instant(window.endMs) },
    shardId: shardId(partition),
    eventSourceARN: streamArn(identity, stream),
    isFinalInvokeForWindow: window.isFinal,
    isWindowTerminatedEarly: window.isEarly,
  });
  return `{${list},"state":${window.state},${members.slice(1)}`;
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
