import type { Identity } from "../arn.ts";
import { ruleArn, scheduleArn, targetArn } from "../arn.ts";
import { eventTime } from "../event/event.ts";
import { executionId } from "../schedule/payload.ts";
import type { HeaderValue, Received } from "../queue/message.ts";
import { DEAD_LETTER_QUEUE } from "../queue/queues.ts";
import { eventIdHeaders, messageFact, readEventId } from "../delivery/delivery-message.ts";
import type { DeadLetterFact } from "../facts.ts";
import { cutText } from "../../text/cut-text.ts";
import type { RuleTarget, ScheduleMark } from "../delivery/delivery.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";
import type { Failure } from "./outcome.ts";
import type { FailureReason } from "./reason.ts";
import { ERROR_CODES } from "./reason.ts";
import type { NamedTarget } from "../target/target.ts";
import type { FailedCondition } from "./verdict.ts";
import { HEADER } from "../delivery/headers.ts";

/**
 * Lambda gives its dead letters "the first 1 KB of the error message" (developer guide, "Dead-letter queues"). A
 * function's message may be megabytes long, and AMQP takes no message whose headers are longer than a frame.
 */
const MESSAGE_BYTES_MAX = 1_024;

/** Why an event could not be delivered, and to which target. */
export interface Death extends FailedTarget {
  readonly origin: RuleTarget;
}

/** Why a schedule's target was not reached. */
export interface ScheduleDeath extends FailedTarget {
  readonly schedule: ScheduleMark;
  /** The delivery's. */
  readonly id: string;
}

interface FailedTarget {
  readonly target: NamedTarget;
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
  return { RULE_ARN: ruleArn(identity, death.origin.bus, death.origin.rule), ...failedTargetHeaders(identity, death) };
}

/**
 * The headers of a schedule's dead letter, named as Scheduler names its message attributes (Scheduler user guide,
 * "Configuring a dead-letter queue").
 */
export function scheduleDeadLetterHeaders(identity: Identity, death: ScheduleDeath): Record<string, HeaderValue> {
  return {
    SCHEDULE_ARN: scheduleArn(identity, death.schedule.name),
    SCHEDULED_TIME: eventTime(death.schedule.dueMs),
    EXECUTION_ID: executionId(death.id),
    IS_PAYLOAD_TRUNCATED: "false",
    ...failedTargetHeaders(identity, death),
  };
}

function failedTargetHeaders(identity: Identity, death: FailedTarget): Record<string, HeaderValue> {
  return {
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
    [HEADER.errorCode]: ERROR_CODES[failure.reason],
  };
}

/** The function's own error message, in the form of all Lambda runtimes. */
function functionsMessage({ responseJson }: Omit<Failure, "ok">): string | undefined {
  const answer = responseJson === undefined ? undefined : parseJson(responseJson);
  const message = isJsonObject(answer) ? answer["errorMessage"] : undefined;
  return typeof message === "string" ? message : undefined;
}

/**
 * The dead letter of a delayed message whose queue does not exist. It keeps its headers, so that it can be redriven.
 *
 * @param queue the name of the missing queue, or the text that the message has in its place.
 */
export function queueGoneLetter(message: Received, queue: string): { letter: Received; fact: DeadLetterFact } {
  const error = { ERROR_CODE: ERROR_CODES.target_gone, ERROR_MESSAGE: `There is no queue "${queue}".` };
  const headers = { ...message.headers, ...eventIdHeaders(readEventId(message)), ...error };
  return {
    letter: { ...message, queue: DEAD_LETTER_QUEUE, headers },
    fact: { queue: DEAD_LETTER_QUEUE, reason: "target_gone", ...messageFact(message) },
  };
}

/** Cuts an error message to the 1 KB that a dead letter's headers hold, in whole characters. */
export function cutMessage(message: string): string {
  return cutText(message, MESSAGE_BYTES_MAX);
}
