import type { JsonObject } from "../../../../json/json.ts";
import type { AwsError, AwsErrorAnswer } from "../../errors.ts";
import { errorsOf } from "../../errors.ts";

/** The errors of the Lambda API besides the common ones, with their HTTP statuses. */
export const LAMBDA_ERROR_STATUS = {
  InvalidParameterValueException: 400,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
} as const;

/** Makes an error of the Lambda API. */
export const lambdaError = errorsOf<keyof typeof LAMBDA_ERROR_STATUS>(LAMBDA_ERROR_STATUS);

/** The body of an error: its text is called `Message` where something was not found, and `message` elsewhere. */
export function lambdaErrorBody({ status, message }: AwsErrorAnswer): JsonObject {
  return { Type: status < 500 ? "User" : "Service", [status === 404 ? "Message" : "message"]: message };
}

export function noSuchMapping(): AwsError {
  return lambdaError("ResourceNotFoundException", "The resource you requested does not exist.");
}

/** A parameter with a value that it may not have. */
export function wrongParameter(message: string): AwsError {
  return lambdaError("InvalidParameterValueException", message);
}
