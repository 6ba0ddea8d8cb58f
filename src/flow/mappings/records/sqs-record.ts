import type { Identity } from "../../../domain/arn.ts";
import { queueArn } from "../../../domain/arn.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";

/** Where records come from. */
export interface RecordOrigin {
  readonly identity: Identity;
  readonly queue: string;
}

/**
 * A record of an `aws:sqs` event, in the order of members that AWS was seen to write.
 *
 * @param received the message as `ReceiveMessage` answers with it, with all of its attributes.
 */
export function sqsRecord(received: JsonObject, { identity, queue }: RecordOrigin): JsonObject {
  const { MessageAttributes: attributes, MD5OfMessageAttributes: digest } = received;
  return {
    messageId: received["MessageId"] ?? "",
    receiptHandle: received["ReceiptHandle"] ?? "",
    body: received["Body"] ?? "",
    attributes: received["Attributes"] ?? {},
    messageAttributes: isJsonObject(attributes) ? recordAttributes(attributes) : {},
    ...(digest === undefined ? {} : { md5OfMessageAttributes: digest }),
    md5OfBody: received["MD5OfBody"] ?? "",
    eventSource: "aws:sqs",
    eventSourceARN: queueArn(identity, queue),
    awsRegion: identity.region,
  };
}

function recordAttributes(attributes: JsonObject): JsonObject {
  const shown = Object.entries(attributes).map(([name, value]) => [
    name,
    isJsonObject(value) ? shownAttribute(value) : {},
  ]);
  return Object.fromEntries(shown) as JsonObject;
}

/** SQS has never filled the lists; Lambda writes them. */
function shownAttribute({ StringValue, BinaryValue, DataType }: JsonObject): JsonObject {
  const value: Record<string, Json> = {};
  if (StringValue !== undefined) value["stringValue"] = StringValue;
  if (BinaryValue !== undefined) value["binaryValue"] = BinaryValue;
  return { ...value, stringListValues: [], binaryListValues: [], dataType: DataType ?? "String" };
}
