import type { Identity } from "../arn.ts";
import { functionArn } from "../arn.ts";
import { LATEST } from "../target/function-alias.ts";
import type { Failure, Outcome } from "./outcome.ts";
import type { FailedCondition } from "./verdict.ts";

/** The parts of a record of an asynchronous invocation. */
export interface RecordParts {
  readonly identity: Identity;
  readonly functionName: string;
  /** The version or alias that was to be called, if one was named. */
  readonly qualifier?: string | undefined;
  /** The delivery id: the same on every attempt. */
  readonly requestId: string;
  readonly condition: "Success" | FailedCondition;
  /** Attempts in which the function was called. */
  readonly invokeCount: number;
  readonly requestPayloadJson: string;
  readonly outcome: Outcome;
  readonly nowMs: number;
}

/**
 * The record that a function's `onSuccess` or `onFailure` gets, as JSON text in AWS's field order
 * (AWS Lambda developer guide, "Capturing records of Lambda asynchronous invocations"). An event that was never
 * sent has neither `responseContext` nor `responsePayload`.
 */
export function invocationRecord(parts: RecordParts): string {
  const context = {
    requestId: parts.requestId,
    functionArn: functionArn(parts.identity, parts.functionName, parts.qualifier ?? LATEST),
    condition: parts.condition,
    approximateInvokeCount: parts.invokeCount,
  };
  const head = `{"version":"1.0","timestamp":"${new Date(parts.nowMs).toISOString()}","requestContext":${JSON.stringify(context)}`;
  const request = `,"requestPayload":${parts.requestPayloadJson}`;
  return parts.invokeCount === 0 ? `${head}${request}}` : `${head}${request}${responseJson(parts.outcome)}}`;
}

function responseJson(outcome: Outcome): string {
  const context = {
    statusCode: outcome.statusCode ?? 200,
    executedVersion: outcome.executedVersion ?? LATEST,
    ...(outcome.ok ? {} : { functionError: "Unhandled" }),
  };
  const payload = outcome.responseJson ?? (outcome.ok ? "null" : errorJson(outcome));
  return `,"responseContext":${JSON.stringify(context)},"responsePayload":${payload}`;
}

/** The payload in place of an answer, for a function that gave none. */
function errorJson(failure: Failure): string {
  return JSON.stringify({ errorMessage: failure.message, errorType: `Busbar.${failure.reason}` });
}

/** The detail type of a record that goes to an event bus (AWS Lambda developer guide, the same section). */
export function recordDetailType(condition: RecordParts["condition"]): string {
  return `Lambda Function Invocation Result - ${condition === "Success" ? "Success" : "Failure"}`;
}
