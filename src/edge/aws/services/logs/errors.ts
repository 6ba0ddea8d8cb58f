import type { AwsError } from "../../errors.ts";
import { errorsOf } from "../../errors.ts";

/** The errors of CloudWatch Logs besides the common ones, with their HTTP statuses. */
export const LOGS_ERROR_STATUS = {
  InvalidOperationException: 400,
  InvalidParameterException: 400,
  ResourceNotFoundException: 400,
  ServiceUnavailableException: 503,
} as const;

export const logsError = errorsOf<keyof typeof LOGS_ERROR_STATUS>(LOGS_ERROR_STATUS);

export function noSuchLogGroup(): AwsError {
  return logsError("ResourceNotFoundException", "The specified log group does not exist.");
}

export function noSuchLogStream(): AwsError {
  return logsError("ResourceNotFoundException", "The specified log stream does not exist.");
}

export function invalidToken(): AwsError {
  return logsError("InvalidParameterException", "The specified nextToken is invalid.");
}
