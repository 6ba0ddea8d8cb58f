import type { TraceContext } from "../../../../../domain/event/trace.ts";
import { xRayOfTraceparent } from "../../../../../domain/event/trace.ts";
import { sandboxErrorJson, sandboxTimeout } from "../../../../../domain/failure/lambda-failure.ts";
import type { Failure } from "../../../../../domain/failure/outcome.ts";
import type { FailureReason } from "../../../../../domain/failure/reason.ts";
import { LATEST } from "../../../../../domain/target/function-alias.ts";
import { isJsonObject, parseJson } from "../../../../../json/json.ts";
import type { AskedCall, InvokeEnd } from "../../../../../ports/functions/function-calls.ts";
import { PayloadOutput } from "../../../protocol/protocol.ts";
import { putOff } from "../errors.ts";

/** What Lambda answers for a function that returned nothing. */
const NOTHING = "null";

/** The error types of calls that Lambda's sandbox would not have had: the function is elsewhere, and may be out of order. */
const ERROR_TYPES: Readonly<Partial<Record<FailureReason, string>>> = {
  connection: "Function.ConnectionFailure",
  server_error: "Function.ServerError",
  client_error: "Function.ClientError",
  unauthorized: "Function.ClientError",
  invalid_response: "Function.InvalidResponse",
};

/** The headers that every answer of Invoke has. */
export function invokedHeaders(trace: TraceContext | undefined): Record<string, string> {
  const xRay = trace === undefined ? undefined : xRayOfTraceparent(trace.traceparent);
  return xRay === undefined ? {} : { "X-Amzn-Trace-Id": xRay };
}

/**
 * The answer to a caller who waited: what the function answered, or its error. A function that could not be reached, or
 * gave no usable answer, is answered as one that failed, since AWS's clients would try again after any error of Lambda's
 * own: it may have been called.
 *
 * @throws AwsError where the function put the call off: it was not worked on
 */
export function answerOfCall(
  { id, fn, trace }: Pick<AskedCall, "id" | "fn" | "trace">,
  { outcome, log }: Extract<InvokeEnd, { kind: "called" }>,
): PayloadOutput {
  if (!outcome.ok && outcome.reason === "throttled") throw putOff(outcome.retryAfterMs);
  const headers = {
    "Content-Type": "application/json",
    "X-Amz-Executed-Version": outcome.executedVersion ?? LATEST,
    ...(outcome.ok ? {} : { "X-Amz-Function-Error": "Unhandled" }),
    ...(log === undefined ? {} : { "X-Amz-Log-Result": log.toString("base64") }),
    ...invokedHeaders(trace),
  };
  const body = outcome.ok ? (outcome.responseJson ?? NOTHING) : errorJson(outcome, id, fn.timeoutSeconds * 1_000);
  return new PayloadOutput(200, headers, Buffer.from(body));
}

/** An error in Lambda's form. What a function reported itself stays as it is. */
function errorJson({ reason, message, responseJson }: Failure, requestId: string, timeoutMs: number): string {
  if (responseJson !== undefined && (reason === "function_error" || isLambdaError(responseJson))) return responseJson;
  if (reason === "timeout") return sandboxTimeout(requestId, timeoutMs).responseJson ?? NOTHING;
  return sandboxErrorJson(ERROR_TYPES[reason] ?? "Function.Error", requestId, message);
}

function isLambdaError(responseJson: string): boolean {
  const error = parseJson(responseJson);
  return isJsonObject(error) && "errorType" in error;
}
