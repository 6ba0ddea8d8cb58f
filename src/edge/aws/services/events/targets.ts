import type { Identity } from "../../../../domain/arn.ts";
import { queueArn, targetArn } from "../../../../domain/arn.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { RetryPolicy, Target, TargetInput } from "../../../../domain/target/target.ts";

/** What AWS gives its archives; here they get the event. */
const ARCHIVING_INPUT: JsonObject = {
  InputTransformer: {
    InputPathsMap: {},
    InputTemplate:
      '{"archive-arn": "<aws.events.rule-arn>", "event": <aws.events.event.json>, "ingestion-time": <aws.events.event.ingestion-time>}',
  },
};

/** A target as the API's `Target` structure. */
export function describeTarget(identity: Identity, target: Target): JsonObject & { readonly Id: string } {
  const { id, to, input, retryPolicy, deadLetterQueue } = target;
  return {
    Id: id,
    Arn: targetArn(identity, to),
    ...(to.kind === "archive" ? ARCHIVING_INPUT : describeInput(input)),
    ...(retryPolicy === undefined ? {} : { RetryPolicy: describeRetryPolicy(retryPolicy) }),
    ...(deadLetterQueue === undefined ? {} : { DeadLetterConfig: { Arn: queueArn(identity, deadLetterQueue) } }),
  };
}

function describeInput(input: TargetInput): JsonObject {
  switch (input.kind) {
    case "event":
      return {};
    case "constant":
      return { Input: input.json };
    case "path":
      return { InputPath: input.path };
    case "template": {
      const { inputPathsMap, inputTemplate } = input.template;
      // What was left out stays out, as at AWS.
      const paths = Object.keys(inputPathsMap).length === 0 ? {} : { InputPathsMap: inputPathsMap };
      return { InputTransformer: { ...paths, InputTemplate: inputTemplate } };
    }
  }
}

function describeRetryPolicy({ maximumRetryAttempts, maximumEventAgeInSeconds }: RetryPolicy): JsonObject {
  return { MaximumRetryAttempts: maximumRetryAttempts, MaximumEventAgeInSeconds: maximumEventAgeInSeconds };
}
