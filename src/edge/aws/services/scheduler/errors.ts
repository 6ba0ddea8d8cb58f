import { errorsOf } from "../../errors.ts";

/** The errors of the EventBridge Scheduler API besides the common ones, with their HTTP statuses. */
export const SCHEDULER_ERROR_STATUS = {
  ConflictException: 409,
  OperationDisabledException: 400,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 402,
} as const;

/** Makes an error of the EventBridge Scheduler API. */
export const schedulerError = errorsOf<keyof typeof SCHEDULER_ERROR_STATUS>(SCHEDULER_ERROR_STATUS);
