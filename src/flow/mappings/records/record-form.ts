import type { Identity } from "../../../domain/arn.ts";
import type { MappingOf, QueueSource } from "../../../domain/mapping/mapping.ts";
import type { JsonObject } from "../../../json/json.ts";
import type { HeldMessage } from "../../../ports/broker/holds.ts";
import { filterableData } from "./fits-filters.ts";
import { rmqEvent, rmqRecord } from "./rmq-record.ts";
import { sqsRecord } from "./sqs-record.ts";

export interface RecordFormDeps {
  readonly identity: Identity;
  /** A message as `ReceiveMessage` answers with it, with all of its attributes. */
  readonly shown: (held: HeldMessage) => JsonObject;
  /** The virtual host of RabbitMQ that queues are in. */
  readonly virtualHost: string;
}

/** How a mapping shows messages to its function. */
export interface RecordForm {
  record(held: HeldMessage): JsonObject;
  /** The record as filters see it: its data parsed. */
  filterable(record: JsonObject, held: HeldMessage): JsonObject;
  /** The event that has these records, each JSON text. */
  event(records: readonly string[]): string;
}

/** The form that a mapping's format asks for. */
export function recordFormOf(
  { format, source }: MappingOf<QueueSource>,
  { identity, shown, virtualHost }: RecordFormDeps,
): RecordForm {
  const { queue } = source;
  if (format === "rmq") {
    return {
      record: rmqRecord,
      filterable: (record, { message }) => ({ ...record, data: filterableData(message.body.toString()) }),
      event: (records) => rmqEvent(records, queue, virtualHost, identity),
    };
  }
  return {
    record: (held) => sqsRecord(shown(held), { identity, queue }),
    filterable: (record) => {
      const { body } = record;
      return { ...record, body: filterableData(typeof body === "string" ? body : "") };
    },
    event: (records) => `{"Records":[${records.join(",")}]}`,
  };
}
