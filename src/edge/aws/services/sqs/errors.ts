import type { AwsError, AwsErrorAnswer } from "../../errors.ts";
import { errorsOf } from "../../errors.ts";

/** The errors of the SQS API besides the common ones, with their HTTP statuses. */
export const SQS_ERROR_STATUS = {
  BatchEntryIdsNotDistinct: 400,
  BatchRequestTooLong: 400,
  EmptyBatchRequest: 400,
  InvalidAction: 400,
  InvalidAddress: 400,
  InvalidAttributeName: 400,
  InvalidAttributeValue: 400,
  InvalidBatchEntryId: 400,
  InvalidMessageContents: 400,
  InvalidParameterValueException: 400,
  MissingRequiredParameterException: 400,
  OverLimit: 403,
  PurgeQueueInProgress: 403,
  QueueDeletedRecently: 400,
  QueueDoesNotExist: 400,
  QueueNameExists: 400,
  ReceiptHandleIsInvalid: 400,
  ResourceNotFoundException: 404,
  TooManyEntriesInBatchRequest: 400,
  UnsupportedOperation: 400,
} as const;

/** Makes an error of the SQS API. */
export const sqsError = errorsOf<keyof typeof SQS_ERROR_STATUS>(SQS_ERROR_STATUS);

/** Codes of the query protocol that are not the error's own. Clients with the JSON protocol get them in a header. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: "AccessDenied",
  BatchEntryIdsNotDistinct: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
  BatchRequestTooLong: "AWS.SimpleQueueService.BatchRequestTooLong",
  EmptyBatchRequest: "AWS.SimpleQueueService.EmptyBatchRequest",
  ExpiredTokenException: "ExpiredToken",
  IncompleteSignatureException: "IncompleteSignature",
  InternalException: "InternalError",
  InvalidBatchEntryId: "AWS.SimpleQueueService.InvalidBatchEntryId",
  InvalidParameterValueException: "InvalidParameterValue",
  InvalidSignatureException: "SignatureDoesNotMatch",
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
  MissingRequiredParameterException: "MissingParameter",
  PurgeQueueInProgress: "AWS.SimpleQueueService.PurgeQueueInProgress",
  QueueDeletedRecently: "AWS.SimpleQueueService.QueueDeletedRecently",
  QueueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue",
  QueueNameExists: "QueueAlreadyExists",
  ThrottlingException: "RequestThrottled",
  TooManyEntriesInBatchRequest: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
  UnrecognizedClientException: "InvalidClientTokenId",
  UnsupportedOperation: "AWS.SimpleQueueService.UnsupportedOperation",
};

export function queryCodeOf({ code }: Pick<AwsErrorAnswer, "code">): string {
  return QUERY_CODES[code] ?? code;
}

/** An error as the query protocol has it. */
export function queryErrorOf(error: AwsErrorAnswer): { readonly code: string; readonly message: string } {
  const isAbsent = error.code === "QueueDoesNotExist";
  return {
    code: queryCodeOf(error),
    message: isAbsent ? "The specified queue does not exist for this wsdl version." : error.message,
  };
}

/** A parameter whose value AWS does not repeat. */
export function invalidParameter(parameter: string, reason?: string): AwsError {
  const why = reason === undefined ? "" : ` Reason: ${reason}`;
  return sqsError("InvalidParameterValueException", `Value for parameter ${parameter} is invalid.${why}`);
}

export function noSuchQueue(): AwsError {
  return sqsError("QueueDoesNotExist", "The specified queue does not exist.");
}

export function missing(parameter: string): AwsError {
  return sqsError("MissingRequiredParameterException", `The request must contain the parameter ${parameter}.`);
}

/** @param reason as AWS words it, after `Reason: `. */
export function invalidValue(parameter: string, value: string | number, reason: string): AwsError {
  const text = `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`;
  return sqsError("InvalidParameterValueException", text);
}

/** A whole number within bounds, where one is given. @throws AwsError in AWS's words */
export function requireBetween(
  parameter: string,
  value: number | null | undefined,
  { min, max }: { readonly min: number; readonly max: number },
  reason: string,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value < min || value > max) throw invalidValue(parameter, value, reason);
  return value;
}
