import { errorsOf } from "../../errors.ts";

/** The errors of the EventBridge API besides the common ones, with their HTTP statuses. */
export const EVENTS_ERROR_STATUS = {
  ConcurrentModificationException: 400,
  IllegalStatusException: 400,
  InvalidEventPatternException: 400,
  InvalidParameterValue: 400,
  LimitExceededException: 400,
  ManagedRuleException: 400,
  OperationDisabledException: 400,
  PolicyLengthExceededException: 400,
  ResourceAlreadyExistsException: 400,
  ResourceNotFoundException: 400,
} as const;

/** Makes an error of the EventBridge API. */
export const eventsError = errorsOf<keyof typeof EVENTS_ERROR_STATUS>(EVENTS_ERROR_STATUS);
