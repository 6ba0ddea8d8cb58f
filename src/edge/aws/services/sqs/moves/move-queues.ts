import { queueArn, serviceOfArn } from "../../../../../domain/arn.ts";
import type { QueueConfig } from "../../../../../domain/queue/queue-config.ts";
import { string } from "../../../input/shapes.ts";
import { missing, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";

export const QUEUE_ARN = string({ lengthMax: 2_048 });

const FORM = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>";

type Parameter = "SourceArn" | "DestinationArn";

/** The ARN that an input has of the queue whose messages move. @throws AwsError */
export function sourceArn(arn: string | null | undefined): string {
  if (arn === undefined || arn === null) throw missing("SourceArn");
  return formedArn("SourceArn", arn);
}

/** @throws AwsError for a text that is no ARN of a queue. */
export function formedArn(parameter: Parameter, arn: string): string {
  if (serviceOfArn(arn) === "sqs") return arn;
  const text = `You must use this format to specify the ${parameter}: ${FORM}`;
  throw sqsError("InvalidParameterValueException", text);
}

/** @throws AwsError `ResourceNotFoundException` */
export function queueOfArn(parameter: Parameter, arn: string, { config, identity }: Messaging): QueueConfig {
  const queue = config().queues.get(arn.slice(arn.lastIndexOf(":") + 1));
  if (queue !== undefined && queueArn(identity, queue.name) === arn) return queue;
  const text = `The resource that you specified for the ${parameter} parameter doesn't exist.`;
  throw sqsError("ResourceNotFoundException", text);
}
