import type { QueueAttributeName } from "@aws-sdk/client-sqs";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueueTagsCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Resource } from "./resource.ts";

const SQS = "arn:aws:sqs:us-east-1:000000000000";
/** What the provider sends of a queue whose configuration says nothing. */
const DEFAULTS = {
  DelaySeconds: "0",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  VisibilityTimeout: "30",
};
const NOT_PLANNED = ["CreatedTimestamp", "LastModifiedTimestamp", "QueueArn"];

/** `aws_sqs_queue` */
export function queue(client: SQSClient): Resource {
  const QueueName = "tf-queue";
  const QueueUrl = `http://localhost/000000000000/${QueueName}`;
  const attributes = { ...DEFAULTS, DelaySeconds: "5", SqsManagedSseEnabled: "true" };
  return {
    create: async () => {
      const tags = { team: "shop" };
      await client.send(new CreateQueueCommand({ QueueName, Attributes: { ...DEFAULTS, DelaySeconds: "5" }, tags }));
    },
    read: async () => ({
      ...(await settledAttributesOf(client, QueueUrl)),
      tags: (await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags,
    }),
    created: { ...attributes, tags: { team: "shop" } },
    update: async () => {
      const Attributes = { DelaySeconds: "0", VisibilityTimeout: "120", KmsMasterKeyId: "alias/aws/sqs" };
      await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
      await client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ["team"] }));
      await client.send(new TagQueueCommand({ QueueUrl, Tags: { owner: "ops", empty: "" } }));
    },
    updated: {
      ...DEFAULTS,
      VisibilityTimeout: "120",
      KmsMasterKeyId: "alias/aws/sqs",
      SqsManagedSseEnabled: "false",
      tags: { owner: "ops", empty: "" },
    },
    remove: () => client.send(new DeleteQueueCommand({ QueueUrl })),
    gone: "QueueDoesNotExist",
  };
}

/** `aws_sqs_queue_redrive_policy`, between two queues of its own. */
export function redrivePolicy(client: SQSClient): Resource {
  const policy = (maxReceiveCount: number) =>
    JSON.stringify({ deadLetterTargetArn: `${SQS}:tf-dead`, maxReceiveCount });
  return attribute(client, "RedrivePolicy", "tf-source", ["tf-dead"], [policy(4), policy(10)]);
}

/** `aws_sqs_queue_redrive_allow_policy` */
export function redriveAllowPolicy(client: SQSClient): Resource {
  const byQueue = JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [`${SQS}:tf-source`] });
  const denyAll = JSON.stringify({ redrivePermission: "denyAll" });
  return attribute(client, "RedriveAllowPolicy", "tf-letters", [], [byQueue, denyAll]);
}

/** `aws_sqs_queue_policy`: what a rule of EventBridge gets to send, as the provider's examples have it. */
export function queuePolicy(client: SQSClient): Resource {
  const policy = (sid: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: sid,
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: `${SQS}:tf-open`,
          Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/any" } },
        },
      ],
    });
  return attribute(client, "Policy", "tf-open", [], [policy("one"), policy("two")]);
}

/** A resource that is one attribute of a queue: an empty text takes it away. */
export function attribute(
  client: SQSClient,
  name: QueueAttributeName,
  queueName: string,
  others: readonly string[],
  [created, updated]: readonly [string, string],
): Resource {
  const QueueUrl = `http://localhost/000000000000/${queueName}`;
  const set = (value: string) =>
    client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { [name]: value } }));
  return {
    create: async () => {
      for (const QueueName of [...others, queueName]) await client.send(new CreateQueueCommand({ QueueName }));
      await set(created);
    },
    read: async () => {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }),
      );
      return Attributes[name] === undefined ? null : (JSON.parse(Attributes[name]) as unknown);
    },
    created: JSON.parse(created),
    update: () => set(updated),
    updated: JSON.parse(updated),
    remove: () => set(""),
    gone: null,
  };
}

async function settledAttributesOf(client: SQSClient, QueueUrl: string): Promise<object> {
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  const planned = Object.entries(Attributes).filter(
    ([name]) => !name.startsWith("Approximate") && !NOT_PLANNED.includes(name),
  );
  return Object.fromEntries(planned);
}
