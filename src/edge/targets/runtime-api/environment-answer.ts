import { isUtf8 } from "node:buffer";
import { isJsonObject, parseJson } from "../../../core/json.ts";
import type { Failure, Outcome } from "../../../core/outcome.ts";

/** What an environment posted about an invocation it was given. */
export interface EnvironmentAnswer {
  readonly functionName: string;
  /** The invocation's, which is the same on every attempt. */
  readonly id: string;
  readonly kind: "response" | "error";
  /** Undefined when it was longer than it may be. */
  readonly body: Buffer | undefined;
  /** How long a body may be; told when it was longer. */
  readonly limitBytes?: number;
}

/** The outcome an answer stands for. A response that is empty is a success that answered nothing. */
export function judgeEnvironmentAnswer({ kind, body, limitBytes }: EnvironmentAnswer): Outcome {
  if (body === undefined) return tooLarge(kind, limitBytes);
  return kind === "response" ? judgeResponse(body) : functionError(body);
}

/** The failure that an error body reports, such as `{"errorType":"ValueError","errorMessage":"…","stackTrace":[]}`. */
export function functionError(body: Buffer): Failure {
  const text = body.toString("utf8");
  const error = parseJson(text);
  const { errorType, errorMessage } = isJsonObject(error) ? error : {};
  const told = [errorType, errorMessage].filter((part): part is string => typeof part === "string" && part !== "");
  const message = told.length > 0 ? told.join(": ") : "the function reported an error without type or message";
  const responseJson = error === undefined ? JSON.stringify(text) : text;
  return { ok: false, reason: "function_error", message, ...(text === "" ? {} : { responseJson }) };
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
  const responseJson = JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` });
  return { ok: false, reason, message, responseJson };
}

/** The failure of an invocation that was not answered by its deadline, in AWS's words. */
export function timedOut(requestId: string, timeoutMs: number): Failure {
  const message = `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`;
  return sandboxFailure("timeout", "Sandbox.Timedout", requestId, message);
}

function judgeResponse(body: Buffer): Outcome {
  if (body.length === 0) return { ok: true, statusCode: 200 };
  const text = isUtf8(body) ? body.toString("utf8") : undefined;
  if (text === undefined || parseJson(text) === undefined) {
    return { ok: false, reason: "invalid_response", message: "the function's response is not JSON" };
  }
  return { ok: true, statusCode: 200, responseJson: text };
}

/** A bootstrap reports nothing more after a refusal, so the attempt is settled by what was refused. */
function tooLarge(kind: EnvironmentAnswer["kind"], limitBytes: number | undefined): Failure {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${limitBytes} bytes).`;
  const responseJson = JSON.stringify({ errorType: "Function.ResponseSizeTooLarge", errorMessage });
  const reason = kind === "response" ? "invalid_response" : "function_error";
  return { ok: false, reason, message: errorMessage, responseJson };
}
