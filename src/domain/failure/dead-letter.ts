import type { Identity } from "../arn.ts";
import { ruleArn, targetArn } from "../arn.ts";
import type { HeaderValue } from "../queue/message.ts";
import { cutText } from "../../text/cut-text.ts";
import type { RuleTarget } from "../delivery/delivery.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";
import type { Failure } from "./outcome.ts";
import type { FailureReason } from "./reason.ts";
import { ERROR_CODES } from "./reason.ts";
import type { TargetRef } from "../target/target.ts";
import type { FailedCondition } from "./verdict.ts";

/**
 * Lambda gives its dead letters "the first 1 KB of the error message" (developer guide, "Dead-letter queues"). A
 * function's message may be megabytes long, and AMQP takes no message whose headers are longer than a frame.
 */
const MESSAGE_BYTES_MAX = 1_024;

/** Why an event is dead, and where it was to go. */
export interface Death {
  readonly origin: RuleTarget;
  readonly target: TargetRef;
  readonly reason: FailureReason;
  readonly message: string;
  readonly retries: number;
  readonly condition?: FailedCondition;
}

/**
 * The headers of a rule target's dead letter, named as EventBridge names its message attributes (EventBridge user
 * guide, "Using dead-letter queues to process undelivered events"). The condition is there only after retries.
 */
export function deadLetterHeaders(identity: Identity, death: Death): Record<string, HeaderValue> {
  return {
    RULE_ARN: ruleArn(identity, death.origin.bus, death.origin.rule),
    TARGET_ARN: targetArn(identity, death.target),
    ERROR_CODE: ERROR_CODES[death.reason],
    ERROR_MESSAGE: cutMessage(death.message),
    RETRY_ATTEMPTS: death.retries,
    ...(death.retries === 0 || death.condition === undefined
      ? {}
      : {
          EXHAUSTED_RETRY_CONDITION:
            death.condition === "EventAgeExceeded" ? "MaximumEventAgeInSeconds" : "MaximumRetryAttempts",
        }),
  };
}

/** Holds our error code in a dead letter of Lambda's form, whose `ErrorCode` is only a status. */
export const ERROR_CODE_HEADER = "busbar-error-code";

/**
 * The headers of a function's dead letter as Lambda's own dead-letter queues have them (developer guide, "Dead-letter
 * queues"), and our error code.
 */
export function functionDeadLetterHeaders(
  requestId: string,
  failure: Omit<Failure, "ok">,
): Record<string, HeaderValue> {
  return {
    RequestID: requestId,
    ErrorCode: failure.statusCode ?? 200,
    ErrorMessage: cutMessage(functionsMessage(failure) ?? failure.message),
    [ERROR_CODE_HEADER]: ERROR_CODES[failure.reason],
  };
}

/** The function's own error message, in the form that all of Lambda's runtimes write. */
function functionsMessage({ responseJson }: Omit<Failure, "ok">): string | undefined {
  const answer = responseJson === undefined ? undefined : parseJson(responseJson);
  const message = isJsonObject(answer) ? answer["errorMessage"] : undefined;
  return typeof message === "string" ? message : undefined;
}

/** Cuts an error message to the 1 KB that a dead letter's headers hold, in whole characters. */
export function cutMessage(message: string): string {
  return cutText(message, MESSAGE_BYTES_MAX);
}
