import type { Identity } from "../../../../domain/arn.ts";
import { queueArn, targetArn } from "../../../../domain/arn.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { RetryPolicy, Target, TargetInput } from "../../../../domain/target/target.ts";

/** A target as the API's `Target` structure. */
export function describeTarget(identity: Identity, target: Target): JsonObject {
  const { id, to, input, retryPolicy, deadLetterQueue } = target;
  return {
    Id: id,
    Arn: targetArn(identity, to),
    ...describeInput(input),
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
