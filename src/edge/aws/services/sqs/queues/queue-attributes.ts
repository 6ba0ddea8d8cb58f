import type { Identity } from "../../../../../domain/arn.ts";
import { policyDocument } from "../../../../../domain/access/policy-document.ts";
import { queueArn } from "../../../../../domain/arn.ts";
import type { MadeTimes } from "../../../../../domain/made/made-times.ts";
import type { QueueConfig, RedriveAllowPolicy } from "../../../../../domain/queue/queue-config.ts";
import { QUEUE_BOUNDS, queueSetting } from "../../../../../domain/queue/queue-config.ts";
import type { HoldCounts } from "../../../../../ports/broker/holds.ts";
import { list, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { noSuchQueue, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { QUEUE_URL, configuredQueue, queueResource } from "../messaging.ts";
import type { QueueAttributes } from "./checked-attributes.ts";

/** What a queue without a retention answers: it keeps everything, which SQS has no value for. */
const LONGEST_RETENTION_SECONDS = QUEUE_BOUNDS.messageRetentionSeconds.max;

/** Attributes that a queue has, with the values that do not change while it is used. */
export function settledAttributes(queue: QueueConfig, identity: Identity): QueueAttributes {
  const { messageRetentionSeconds = LONGEST_RETENTION_SECONDS, redrivePolicy, redriveAllowPolicy, policy } = queue;
  const redrive = redrivePolicy && {
    deadLetterTargetArn: queueArn(identity, redrivePolicy.queue),
    maxReceiveCount: redrivePolicy.maxReceiveCount,
  };
  return {
    VisibilityTimeout: String(queueSetting(queue, "visibilityTimeoutSeconds")),
    MaximumMessageSize: String(queueSetting(queue, "maximumMessageBytes")),
    MessageRetentionPeriod: String(messageRetentionSeconds),
    DelaySeconds: String(queueSetting(queue, "delaySeconds")),
    ReceiveMessageWaitTimeSeconds: String(queueSetting(queue, "receiveWaitSeconds")),
    SqsManagedSseEnabled: "true",
    ...(policy === undefined ? {} : { Policy: policyDocument(policy, queueArn(identity, queue.name)) }),
    ...fifoAttributes(queue),
    ...(redrive === undefined ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
    ...(redriveAllowPolicy === undefined ? {} : { RedriveAllowPolicy: allowPolicy(redriveAllowPolicy, identity) }),
  };
}

function allowPolicy({ redrivePermission, sourceQueues }: RedriveAllowPolicy, identity: Identity): string {
  const sourceQueueArns = sourceQueues?.map((name) => queueArn(identity, name));
  return JSON.stringify({ redrivePermission, ...(sourceQueueArns === undefined ? {} : { sourceQueueArns }) });
}

/** The same of a queue that was made over the API: the defaults, and what was given. */
export function madeAttributes(given: QueueAttributes): QueueAttributes {
  const defaults = {
    VisibilityTimeout: String(QUEUE_BOUNDS.visibilityTimeoutSeconds.default),
    MaximumMessageSize: String(QUEUE_BOUNDS.maximumMessageBytes.default),
    DelaySeconds: String(QUEUE_BOUNDS.delaySeconds.default),
    ReceiveMessageWaitTimeSeconds: String(QUEUE_BOUNDS.receiveWaitSeconds.default),
    SqsManagedSseEnabled: "true",
  };
  return { ...defaults, ...(given["FifoQueue"] === "true" ? FIFO_DEFAULTS : {}), ...given };
}

const FIFO_DEFAULTS: QueueAttributes = {
  ContentBasedDeduplication: "false",
  DeduplicationScope: "queue",
  FifoThroughputLimit: "perQueue",
};

function fifoAttributes(queue: QueueConfig): Readonly<Record<string, string>> {
  const { fifo, contentBasedDeduplication = false, deduplicationScope = "queue", throughputLimit = "perQueue" } = queue;
  if (fifo !== true) return {};
  return {
    FifoQueue: "true",
    ContentBasedDeduplication: String(contentBasedDeduplication),
    DeduplicationScope: deduplicationScope,
    FifoThroughputLimit: throughputLimit,
  };
}

/** Attributes that a queue may have, and has not. */
const ABSENT = [
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "FifoQueue",
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoThroughputLimit",
];

/** In whole seconds. Files say nothing of when a queue was made. */
function timeAttributes({ createdAtMs, changedAtMs }: MadeTimes): QueueAttributes {
  const [created, changed] = [createdAtMs, changedAtMs].map((ms) => String(Math.floor(ms / 1_000)));
  return { CreatedTimestamp: created ?? "0", LastModifiedTimestamp: changed ?? "0" };
}

export function getQueueAttributes(messaging: Messaging): Operation {
  const { identity, queues, config } = messaging;
  const names = list(string({ lengthMax: 256 }), { lengthMax: 100 });
  return operation({
    input: structure("GetQueueAttributesRequest", { ...QUEUE_URL, AttributeNames: names }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const queue = configuredQueue(messaging, input);
      const counts = await queues.counts(queue);
      if (counts === undefined) throw noSuchQueue();
      const made = config().made?.queues.get(queue.name);
      const attributes = {
        ...(made === undefined ? settledAttributes(queue, identity) : madeAttributes(made.attributes)),
        ...countAttributes(counts),
        QueueArn: queueArn(identity, queue.name),
        ...timeAttributes(made ?? { createdAtMs: 0, changedAtMs: 0 }),
      };
      return shown(attributes, input.AttributeNames ?? []);
    },
  });
}

function countAttributes({ visible, invisible, delayed }: HoldCounts): Readonly<Record<string, string>> {
  return {
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(invisible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
  };
}

/** @throws AwsError for an attribute that no queue has. */
function shown(attributes: Readonly<Record<string, string>>, names: readonly string[]) {
  const unknown = names.find((name) => name !== "All" && !Object.hasOwn(attributes, name) && !ABSENT.includes(name));
  if (unknown !== undefined) throw sqsError("InvalidAttributeName", `Unknown Attribute ${unknown}.`);
  const wanted = Object.entries(attributes).filter(([name]) => names.includes("All") || names.includes(name));
  return wanted.length === 0 ? {} : { Attributes: Object.fromEntries(wanted) };
}
