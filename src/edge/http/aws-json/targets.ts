import type { Identity } from "../../../core/arn.ts";
import { apiDestinationArn, eventBusArn, functionArn, queueArn } from "../../../core/arn.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { RetryPolicy, Target, TargetInput, TargetRef } from "../../../core/target.ts";

/** The ARN that the API knows a target by. */
export function targetArn(identity: Identity, { kind, name }: TargetRef): string {
  switch (kind) {
    case "function":
      return functionArn(identity, name);
    case "api-destination":
      return apiDestinationArn(identity, name);
    case "queue":
      return queueArn(identity, name);
    case "event-bus":
      return eventBusArn(identity, name);
  }
}

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
    case "template":
      return {};
    case "constant":
      return { Input: input.json };
    case "path":
      return { InputPath: input.path };
  }
}

function describeRetryPolicy({ maximumRetryAttempts, maximumEventAgeInSeconds }: RetryPolicy): JsonObject {
  return { MaximumRetryAttempts: maximumRetryAttempts, MaximumEventAgeInSeconds: maximumEventAgeInSeconds };
}
