import type { Identity } from "../../../../../domain/arn.ts";
import { brokerArn, serviceOfArn, targetOfArn } from "../../../../../domain/arn.ts";
import type { Config } from "../../../../../domain/config.ts";
import type { Json, JsonObject } from "../../../../../json/json.ts";
import type { AwsError } from "../../../errors.ts";
import { shown } from "../../../input/shapes.ts";
import { wrongParameter } from "../errors.ts";

/** What Lambda knows kinds of event sources by. */
export type SourceKind = "sqs" | "kinesis" | "mq";

/** What a mapping reads: a queue as SQS's or as Amazon MQ's, or a stream as Kinesis's. */
export interface EventSource {
  readonly kind: SourceKind;
  readonly name: string;
}

/**
 * The source that an ARN names, and for Amazon MQ the queue beside it, whether it is there or not.
 *
 * @throws AwsError for an ARN of what is not read here
 */
export function namedSource(identity: Identity, arn: string | undefined, queues: readonly string[]): EventSource {
  const kind = arn === undefined ? undefined : sourceKindOf(arn);
  if (arn === undefined || kind === undefined) throw wrongParameter("Unrecognized event source.");
  if (kind === "mq") {
    const [name] = queues;
    if (arn === brokerArn(identity) && name !== undefined) return { kind, name };
    throw wrongParameter(`Queue not found: ${shown(name ?? "")} of ${shown(arn)}`);
  }
  const to = targetOfArn(identity, arn);
  if (to.kind === (kind === "sqs" ? "queue" : "stream")) return { kind, name: to.name };
  throw notThere({ kind, name: "" }, arn);
}

/** The source of a mapping that was made, whether it is there or not. */
export function sourceOfMembers(identity: Identity, members: JsonObject): EventSource {
  const { Queues: queues } = members;
  const names = (Array.isArray(queues) ? (queues as readonly Json[]) : []).filter((name) => typeof name === "string");
  return namedSource(identity, sourceArnOf(members), names);
}

/** The ARN of its source. */
export function sourceArnOf({ EventSourceArn: arn }: JsonObject): string {
  return typeof arn === "string" ? arn : "";
}

/** @throws AwsError for a source that is not there */
export function requireSource({ queues, streams }: Config, source: EventSource, arn: string): void {
  const isThere = source.kind === "kinesis" ? streams.has(source.name) : queues.has(source.name);
  if (!isThere) throw notThere(source, arn);
}

function notThere({ kind, name }: EventSource, arn: string): AwsError {
  switch (kind) {
    case "sqs":
      return wrongParameter(
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
      );
    case "kinesis":
      return wrongParameter(`Stream not found: ${shown(arn)}`);
    case "mq":
      return wrongParameter(`Queue not found: ${shown(name)} of ${shown(arn)}`);
  }
}

/** The kind of a source, by its ARN alone. A table's stream is one that is not there. */
export function sourceKindOf(arn: string): SourceKind | undefined {
  switch (serviceOfArn(arn)) {
    case "sqs":
      return "sqs";
    case "kinesis":
    case "dynamodb":
      return "kinesis";
    case "mq":
      return "mq";
    default:
      return undefined;
  }
}
