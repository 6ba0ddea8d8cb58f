import { isJsonObject, parseJson } from "../../json/json.ts";
import { responseJsonOf } from "../delivery/response-json.ts";
import type { Failure } from "./outcome.ts";

/** Characters of an error's type and message that a failure's message has. The record has all of them. */
const MESSAGE_CHARACTERS_MAX = 1_000;

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
 * A failure of a function's environment, not of the function itself, in AWS's form:
 * `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: … Error: Task timed out after 3.00 seconds"}`.
 */
export function sandboxFailure(
  reason: Failure["reason"],
  errorType: string,
  requestId: string,
  message: string,
): Failure {
  return { ok: false, reason, message, responseJson: sandboxErrorJson(errorType, requestId, message) };
}

/** The failure of an invocation that was not answered by its deadline, in AWS's words. */
export function sandboxTimeout(requestId: string, timeoutMs: number): Failure {
  const message = `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`;
  return sandboxFailure("timeout", "Sandbox.Timedout", requestId, message);
}

/** An error in the form in which Lambda's sandbox reports its own, as JSON. */
export function sandboxErrorJson(errorType: string, requestId: string, message: string): string {
  return JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` });
}
