import type { MessageAttributes } from "../../../../../domain/queue/message-attributes.ts";
import { attributeHeaders } from "../../../../../domain/queue/message-attributes.ts";
import { HEADER } from "../../../../../domain/delivery/headers.ts";
import type { QueueConfig } from "../../../../../domain/queue/queue-config.ts";
import { QUEUE_BOUNDS, queueSetting } from "../../../../../domain/queue/queue-config.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { OutgoingMessage } from "../../../../../ports/message-queues.ts";
import type { OperationCall } from "../../../service.ts";
import type { StructureOf } from "../../../input/shapes.ts";
import { integer, string } from "../../../input/shapes.ts";
import { missing, requireBetween, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { attributeDigest, textDigest } from "./attribute-digest.ts";
import { placeHeaders, requireNoFifoDelay } from "./fifo-message.ts";
import { attributesBytes, givenAttributes, givenTraceHeader, MESSAGE_ATTRIBUTES } from "./given-attributes.ts";

/** Numbers are checked in SQS's own words. */
export const ANY_INTEGER = integer({ min: -2_147_483_648, max: 2_147_483_647 });

/** The members of a message that is sent. */
export const GIVEN_MESSAGE = {
  MessageBody: string(),
  DelaySeconds: ANY_INTEGER,
  MessageAttributes: MESSAGE_ATTRIBUTES,
  MessageSystemAttributes: MESSAGE_ATTRIBUTES,
  MessageDeduplicationId: string(),
  MessageGroupId: string(),
};

export type GivenMessage = StructureOf<typeof GIVEN_MESSAGE>;

/** A message that may be sent, and what its sender is answered besides what the queue says of it. */
export interface CheckedMessage {
  readonly outgoing: OutgoingMessage;
  readonly answer: JsonObject;
}

/** What XML 1.0 has no character for: those who receive with the query protocol could not read it. */
const INVALID_CHARACTER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * Checks a message as SQS does, in its order.
 *
 * @param tooLong how the error of a message that is too long begins: it differs in a batch.
 * @throws AwsError
 */
export function checkMessage(
  given: GivenMessage,
  queue: QueueConfig,
  { arrival: { request }, caller }: Pick<OperationCall, "arrival" | "caller">,
  { nowMs, newId }: Messaging,
  tooLong = "One or more parameters are invalid.",
): CheckedMessage {
  const body = given.MessageBody ?? "";
  if (body === "") throw missing("MessageBody");
  const attributes = givenAttributes(given.MessageAttributes);
  const bytesMax = queueSetting(queue, "maximumMessageBytes");
  if (messageBytes(body, attributes) > bytesMax) {
    const text = `${tooLong} Reason: Message must be shorter than ${bytesMax} bytes.`;
    throw sqsError("InvalidParameterValueException", text);
  }
  requireCharacters(body, attributes);
  const { min, max } = QUEUE_BOUNDS.delaySeconds;
  const delayText = `DelaySeconds must be >= ${min} and <= ${max}.`;
  const delaySeconds = requireBetween("DelaySeconds", given.DelaySeconds, { min, max }, delayText);
  requireNoFifoDelay(delaySeconds, queue);
  const place = placeHeaders(given, Buffer.from(body), queue);
  const trace = givenTraceHeader(given.MessageSystemAttributes);
  const ofRequest = request.headers["x-amzn-trace-id"];
  const traceHeader = trace ?? (typeof ofRequest === "string" ? ofRequest : undefined);
  const id = newId();
  return {
    outgoing: {
      id,
      body: Buffer.from(body),
      delaySeconds,
      headers: {
        ...attributeHeaders(attributes),
        [HEADER.sentAt]: nowMs(),
        ...(caller.id === undefined ? {} : { [HEADER.senderId]: caller.id }),
        ...(traceHeader === undefined ? {} : { [HEADER.awsTraceHeader]: traceHeader }),
        ...place,
      },
    },
    answer: digests(body, attributes, trace),
  };
}

/** How long a message is, with its attributes, in bytes. */
export function givenBytes({ MessageBody, MessageAttributes }: GivenMessage): number {
  let bytes = Buffer.byteLength(MessageBody ?? "");
  for (const [name, attribute] of Object.entries(MessageAttributes ?? {})) {
    const { DataType, StringValue, BinaryValue } = attribute;
    const value = StringValue ?? "";
    const binary = Buffer.byteLength(BinaryValue ?? "", "base64");
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType ?? "") + Buffer.byteLength(value) + binary;
  }
  return bytes;
}

function messageBytes(body: string, attributes: MessageAttributes): number {
  return Buffer.byteLength(body) + attributesBytes(attributes);
}

function requireCharacters(body: string, attributes: MessageAttributes): void {
  const texts = [body, ...[...attributes.values()].map(({ value }) => value)];
  if (!texts.some((text) => INVALID_CHARACTER.test(text))) return;
  const valid = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
  throw sqsError("InvalidMessageContents", `Invalid characters found. Valid unicode characters are ${valid}`);
}

function digests(body: string, attributes: MessageAttributes, trace: string | undefined): JsonObject {
  const ofAttributes = attributeDigest(attributes);
  const system = trace === undefined ? new Map() : new Map([["AWSTraceHeader", { type: "String", value: trace }]]);
  const ofSystem = attributeDigest(system);
  return {
    MD5OfMessageBody: textDigest(body),
    ...(ofAttributes === undefined ? {} : { MD5OfMessageAttributes: ofAttributes }),
    ...(ofSystem === undefined ? {} : { MD5OfMessageSystemAttributes: ofSystem }),
  };
}
