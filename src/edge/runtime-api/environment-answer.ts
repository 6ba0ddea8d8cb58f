import { isJsonObject, parseJson } from "../../json/json.ts";
import type { Failure, Outcome } from "../../domain/failure/outcome.ts";
import { responseJsonOf, responseTooLarge } from "../../domain/delivery/response-json.ts";

/** What an environment posted about an invocation it was given. */
export interface EnvironmentAnswer {
  readonly functionName: string;
  /** The invocation's, which is the same on every attempt. */
  readonly id: string;
  readonly content: AnswerContent;
}

export type AnswerContent =
  | { readonly kind: "response"; readonly body: Buffer }
  | { readonly kind: "error"; readonly body: Buffer }
  /** A response that was longer than it may be. */
  | { readonly kind: "oversized"; readonly limitBytes: number }
  /** Its connection broke before it was complete. */
  | { readonly kind: "truncated" };

/** Characters of an error's type and message that a failure's message has. The record has all of them. */
const MESSAGE_CHARACTERS_MAX = 1_000;

const TRUNCATED = "the connection broke before the answer was complete";

/** The outcome an answer stands for. A response that is empty is a success that answered nothing; any other bytes are one too. */
export function judgeEnvironmentAnswer({ id, content }: EnvironmentAnswer): Outcome {
  switch (content.kind) {
    case "response":
      return success(content.body);
    case "error":
      return functionError(content.body);
    case "oversized":
      return responseTooLarge(content.limitBytes);
    case "truncated":
      return sandboxFailure("function_error", "Runtime.TruncatedResponse", id, TRUNCATED);
  }
}

/** The failure that an error body reports, such as `{"errorType":"ValueError","errorMessage":"…","stackTrace":[]}`. */
export function functionError(body: Buffer): Failure {
  const responseJson = responseJsonOf(body);
  const error = responseJson === undefined ? undefined : parseJson(responseJson);
  const { errorType, errorMessage } = isJsonObject(error) ? error : {};
  const parts = [errorType, errorMessage].filter((part): part is string => typeof part === "string" && part !== "");
  const message = parts.length > 0 ? parts.join(": ") : "the function reported an error without type or message";
  return {
    ok: false,
    reason: "function_error",
    message: message.slice(0, MESSAGE_CHARACTERS_MAX),
    ...(responseJson === undefined ? {} : { responseJson }),
  };
}

/**
 * An error that the router found in an answer, in the form in which environments report theirs, such as
 * `{"errorType":"Runtime.InvalidResponseModeHeader","errorMessage":"RequestId: … Error: …"}`.
 */
export function foundError(errorType: string, requestId: string, message: string): AnswerContent {
  return { kind: "error", body: Buffer.from(errorJson(errorType, requestId, message)) };
}

/**
 * A failure that the environment's keeper finds, not the function, in the form AWS gives it:
 * `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: … Error: Task timed out after 3.00 seconds"}`.
 */
export function sandboxFailure(
  reason: Failure["reason"],
  errorType: string,
  requestId: string,
  message: string,
): Failure {
  return { ok: false, reason, message, responseJson: errorJson(errorType, requestId, message) };
}

/** The failure of an invocation that was not answered by its deadline, in AWS's words. */
export function timedOut(requestId: string, timeoutMs: number): Failure {
  const message = `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`;
  return sandboxFailure("timeout", "Sandbox.Timedout", requestId, message);
}

function errorJson(errorType: string, requestId: string, message: string): string {
  return JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` });
}

function success(body: Buffer): Outcome {
  const responseJson = responseJsonOf(body);
  return { ok: true, statusCode: 200, ...(responseJson === undefined ? {} : { responseJson }) };
}
