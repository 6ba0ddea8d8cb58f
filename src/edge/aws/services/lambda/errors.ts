import type { CallRefusal } from "../../../../domain/invoke.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { AwsError, AwsErrorAnswer } from "../../errors.ts";
import { errorsOf } from "../../errors.ts";

/** The errors of the Lambda API besides the common ones, with their HTTP statuses. */
export const LAMBDA_ERROR_STATUS = {
  InvalidParameterValueException: 400,
  InvalidRequestContentException: 400,
  PreconditionFailedException: 412,
  ProvisionedConcurrencyConfigNotFoundException: 404,
  RequestEntityTooLargeException: 413,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
  ServiceException: 500,
  TooManyRequestsException: 429,
} as const;

/** Makes an error of the Lambda API. */
export const lambdaError = errorsOf<keyof typeof LAMBDA_ERROR_STATUS>(LAMBDA_ERROR_STATUS);

/** The body of an error: its text is called `Message` where something was not found, and `message` elsewhere. */
export function lambdaErrorBody({ code, status, message, members }: AwsErrorAnswer): JsonObject {
  const type = code === "ValidationException" ? {} : { Type: status < 500 ? "User" : "Service" };
  return { ...type, ...members, [status === 404 ? "Message" : "message"]: message };
}

/** What a function may have and this one has not, and a mapping that is not here. */
export function noSuchResource(): AwsError {
  return lambdaError("ResourceNotFoundException", "The resource you requested does not exist.");
}

/** A parameter with a value that it may not have. */
export function wrongParameter(message: string): AwsError {
  return lambdaError("InvalidParameterValueException", message);
}

/** A function that is not here, by the ARN that was asked for. */
export function noSuchFunction(arn: string): AwsError {
  return lambdaError("ResourceNotFoundException", `Function not found: ${arn}`);
}

/** After how many seconds a caller may try again. AWS's clients go by their own waits. */
const RETRY_AFTER_SECONDS = 1;

/** Why a call is throttled: Lambda's word for it, and ours where Lambda has no such reason. */
const THROTTLES: Readonly<
  Record<Exclude<CallRefusal, "stopped" | "caller_gone">, { readonly reason: string; readonly why: string }>
> = {
  no_slot: { reason: "ReservedFunctionConcurrentInvocationLimitExceeded", why: "" },
  // As a function whose reserved concurrency is 0.
  paused: { reason: "ReservedFunctionConcurrentInvocationLimitExceeded", why: " The function is paused." },
  circuit_open: {
    reason: "FunctionInvocationRateLimitExceeded",
    why: " The function's circuit is open: its last calls failed.",
  },
  no_environment: {
    reason: "ConcurrentInvocationLimitExceeded",
    why: " None of the function's environments asked for work.",
  },
};

/** A call that was not made. */
export function notCalled(refusal: CallRefusal): AwsError {
  if (refusal === "stopped") {
    return lambdaError("ServiceException", "A router ended with the call in hand. The function may have been called.");
  }
  // Nobody reads it.
  if (refusal === "caller_gone") return lambdaError("ServiceException", "The caller hung up before the call.");
  const { reason, why } = THROTTLES[refusal];
  return throttled(reason, `Rate Exceeded.${why}`, RETRY_AFTER_SECONDS);
}

/** A call that the function itself put off. */
export function putOff(retryAfterMs: number | undefined): AwsError {
  const seconds = retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(retryAfterMs / 1_000);
  return throttled(
    "FunctionInvocationRateLimitExceeded",
    "Rate Exceeded. The function takes no more calls now.",
    seconds,
  );
}

function throttled(Reason: string, message: string, retryAfterSeconds: number): AwsError {
  return lambdaError("TooManyRequestsException", message, { retryAfterSeconds, members: { Reason } });
}
