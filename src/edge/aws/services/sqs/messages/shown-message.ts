import type { MessageAttributes } from "../../../../../domain/queue/message-attributes.ts";
import { headerAttributes } from "../../../../../domain/queue/message-attributes.ts";
import type { Identity } from "../../../../../domain/arn.ts";
import { queueArn } from "../../../../../domain/arn.ts";
import { HEADER } from "../../../../../domain/delivery/headers.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { HeldMessage } from "../../../../../ports/broker/holds.ts";
import { utf8Text } from "../../../../http/body.ts";
import { attributeDigest, isBinaryType, textDigest } from "./attribute-digest.ts";

/** What of a message its receiver asks for. */
export interface Wanted {
  readonly systemAttributes: ReadonlySet<string>;
  readonly messageAttributes: readonly string[];
}

const ALL = "All";
/** What says that a body is base64, since it is no text. */
const BASE64 = { type: "String", value: "base64" };

/** A message as its receiver is shown it. */
export function shownMessage(held: HeldMessage, wanted: Wanted, identity: Identity): JsonObject {
  const { message, receipt } = held;
  const text = utf8Text(message.body);
  const body = text ?? message.body.toString("base64");
  const all = headerAttributes(message.headers);
  const attributes = wantedAttributes(text === undefined ? new Map([...all, ["BodyEncoding", BASE64]]) : all, wanted);
  const system = systemAttributes(held, wanted, identity);
  const digest = attributeDigest(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: receipt,
    MD5OfBody: textDigest(body),
    Body: body,
    ...(Object.keys(system).length === 0 ? {} : { Attributes: system }),
    ...(digest === undefined ? {} : { MD5OfMessageAttributes: digest, MessageAttributes: shownAttributes(attributes) }),
  };
}

/** Asked for by name, by `prefix.*`, or all of them. */
function wantedAttributes(attributes: MessageAttributes, { messageAttributes }: Wanted): MessageAttributes {
  if (messageAttributes.length === 0) return new Map();
  if (messageAttributes.some((name) => [ALL, ".*", "*"].includes(name))) return attributes;
  const prefixes = messageAttributes.filter((name) => name.endsWith(".*")).map((name) => name.slice(0, -1));
  const isWanted = (name: string): boolean =>
    messageAttributes.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
  return new Map([...attributes].filter(([name]) => isWanted(name)));
}

function shownAttributes(attributes: MessageAttributes): JsonObject {
  const shown = [...attributes].map(([name, { type, value }]): [string, JsonObject] => {
    return [name, { [isBinaryType(type) ? "BinaryValue" : "StringValue"]: value, DataType: type }];
  });
  return Object.fromEntries(shown);
}

function systemAttributes(
  { message: { headers }, sentAtMs, receives, firstReceivedAtMs, sequenceNumber }: HeldMessage,
  { systemAttributes: wanted }: Wanted,
  identity: Identity,
): JsonObject {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const source = text(HEADER.deadLetterSource);
  const all: Readonly<Record<string, string | undefined>> = {
    SenderId: text(HEADER.senderId) ?? identity.accountId,
    SentTimestamp: String(sentAtMs),
    ApproximateReceiveCount: String(receives),
    ApproximateFirstReceiveTimestamp: String(firstReceivedAtMs),
    AWSTraceHeader: text(HEADER.awsTraceHeader),
    SequenceNumber: sequenceNumber,
    MessageDeduplicationId: text(HEADER.deduplicationId),
    MessageGroupId: text(HEADER.messageGroupId),
    DeadLetterQueueSourceArn: source && queueArn(identity, source),
  };
  const shown = Object.entries(all).flatMap(([name, value]): [string, string][] =>
    value !== undefined && (wanted.has(ALL) || wanted.has(name)) ? [[name, value]] : [],
  );
  return Object.fromEntries(shown);
}
