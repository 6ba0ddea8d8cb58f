import type { Identity } from "../../../../domain/arn.ts";
import { queueArn } from "../../../../domain/arn.ts";
import type { Config } from "../../../../domain/config.ts";
import type { QueueConfig } from "../../../../domain/queue/queue-config.ts";
import type { MadeChecks } from "../../../../ports/made-checks.ts";
import type { JobControl } from "../../../../ports/admin/jobs.ts";
import type { MadeChanges } from "../../../../ports/made.ts";
import type { QueueDeletions } from "../../../../ports/queue-deletions.ts";
import type { MessageQueues } from "../../../../ports/message-queues.ts";
import { string } from "../../input/shapes.ts";
import { missing, noSuchQueue } from "./errors.ts";
import { queueNameOf } from "./queue-url.ts";

/** What the operations of the SQS API work on. */
export interface Messaging {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly queues: MessageQueues;
  /** A move task is a job, and any router answers for any of them. */
  readonly jobs: JobControl;
  readonly changes: MadeChanges;
  readonly checks: Pick<MadeChecks, "queuePolicyProblem">;
  readonly deletions: QueueDeletions;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly newId: () => string;
}

/** The member that most operations have. */
export const QUEUE_URL = { QueueUrl: string({ lengthMax: 1_024 }) };

interface OfQueue {
  readonly QueueUrl?: string | null;
}

/** The ARN of the queue that an input names, whether it is there or not. @throws AwsError */
export function queueResource({ identity }: Messaging, input: OfQueue): string {
  return queueArn(identity, namedQueue(input));
}

/** The queue that an input names. @throws AwsError `QueueDoesNotExist` */
export function configuredQueue({ config }: Messaging, input: OfQueue): QueueConfig {
  return foundQueue(config(), namedQueue(input));
}

export function foundQueue({ queues }: Config, name: string): QueueConfig {
  const queue = queues.get(name);
  if (queue === undefined) throw noSuchQueue();
  return queue;
}

/** The name of the queue that an input names, whether it is there or not. @throws AwsError */
export function namedQueue({ QueueUrl }: OfQueue): string {
  if (QueueUrl === undefined || QueueUrl === null || QueueUrl === "") throw missing("QueueUrl");
  const name = queueNameOf(QueueUrl);
  if (name === undefined) throw noSuchQueue();
  return name;
}
