import type { FormMember, FormMembers } from "../../protocol/form.ts";
import type { XmlMembers } from "../../protocol/xml.ts";

const TEXT: FormMember = { kind: "text" };
const INTEGER: FormMember = { kind: "integer" };

function listOf(member: string, item: FormMember = TEXT): FormMember {
  return { kind: "list", member, item };
}

function mapOf(member: string, item: FormMember = TEXT, key = "Name"): FormMember {
  return { kind: "map", member, key, value: "Value", item };
}

const ATTRIBUTE_VALUE: FormMember = {
  kind: "structure",
  members: { StringValue: TEXT, BinaryValue: TEXT, DataType: TEXT },
};

const MESSAGE: FormMembers = {
  MessageBody: TEXT,
  DelaySeconds: INTEGER,
  MessageAttribute: mapOf("MessageAttributes", ATTRIBUTE_VALUE),
  MessageSystemAttribute: mapOf("MessageSystemAttributes", ATTRIBUTE_VALUE),
  MessageDeduplicationId: TEXT,
  MessageGroupId: TEXT,
};

const ENTRY: FormMember = {
  kind: "structure",
  members: { Id: TEXT, ReceiptHandle: TEXT, VisibilityTimeout: INTEGER, ...MESSAGE },
};

/** The parameters of all operations: a name means the same in each. */
export const SQS_FORM: FormMembers = {
  QueueUrl: TEXT,
  QueueName: TEXT,
  QueueOwnerAWSAccountId: TEXT,
  QueueNamePrefix: TEXT,
  MaxResults: INTEGER,
  NextToken: TEXT,
  ...MESSAGE,
  ReceiptHandle: TEXT,
  VisibilityTimeout: INTEGER,
  MaxNumberOfMessages: INTEGER,
  WaitTimeSeconds: INTEGER,
  ReceiveRequestAttemptId: TEXT,
  SourceArn: TEXT,
  DestinationArn: TEXT,
  MaxNumberOfMessagesPerSecond: INTEGER,
  TaskHandle: TEXT,
  Label: TEXT,
  Attribute: mapOf("Attributes"),
  Tag: mapOf("tags", TEXT, "Key"),
  AttributeName: listOf("AttributeNames"),
  MessageSystemAttributeName: listOf("MessageSystemAttributeNames"),
  MessageAttributeName: listOf("MessageAttributeNames"),
  TagKey: listOf("TagKeys"),
  AWSAccountId: listOf("AWSAccountIds"),
  ActionName: listOf("Actions"),
  SendMessageBatchRequestEntry: listOf("Entries", ENTRY),
  DeleteMessageBatchRequestEntry: listOf("Entries", ENTRY),
  ChangeMessageVisibilityBatchRequestEntry: listOf("Entries", ENTRY),
};

const NAMED = { key: "Name", value: "Value" };

/** How the output of an operation is written in XML. */
export function sqsXml(operationName: string): XmlMembers {
  return {
    QueueUrls: { element: "QueueUrl" },
    queueUrls: { element: "QueueUrl" },
    Attributes: { element: "Attribute", entry: NAMED },
    MessageAttributes: { element: "MessageAttribute", entry: NAMED },
    Tags: { element: "Tag", entry: { key: "Key", value: "Value" } },
    Messages: { element: "Message" },
    Successful: { element: `${operationName}ResultEntry` },
    Failed: { element: "BatchResultErrorEntry" },
    Results: { element: "ListMessageMoveTasksResultEntry" },
  };
}

/** The operations without output. A client reads the result of all others, also where it is empty. */
export const SQS_WITHOUT_RESULT: ReadonlySet<string> = new Set([
  "AddPermission",
  "ChangeMessageVisibility",
  "DeleteMessage",
  "DeleteQueue",
  "PurgeQueue",
  "RemovePermission",
  "SetQueueAttributes",
  "TagQueue",
  "UntagQueue",
]);
