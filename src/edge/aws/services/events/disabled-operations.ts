import type { AwsError } from "../../errors.ts";
import { eventsError } from "./errors.ts";

/** The operations that would change what the configuration files say. */
export const DISABLED_OPERATIONS: ReadonlySet<string> = new Set([
  "CreateEventBus",
  "UpdateEventBus",
  "DeleteEventBus",
  "PutPermission",
  "RemovePermission",
  "PutRule",
  "DeleteRule",
  "EnableRule",
  "DisableRule",
  "PutTargets",
  "RemoveTargets",
  "TagResource",
  "UntagResource",
  "CreateApiDestination",
  "UpdateApiDestination",
  "DeleteApiDestination",
  "CreateConnection",
  "UpdateConnection",
  "DeleteConnection",
  "DeauthorizeConnection",
  "CreateArchive",
  "UpdateArchive",
  "DeleteArchive",
  "StartReplay",
  "CancelReplay",
  "CreateEndpoint",
  "UpdateEndpoint",
  "DeleteEndpoint",
]);

/** The error for an operation that is disabled; undefined for any other name. */
export function disabledOperation(name: string): AwsError | undefined {
  if (!DISABLED_OPERATIONS.has(name)) return undefined;
  const message = `${name} is disabled: event buses, rules, targets and API destinations live in the configuration files, which are reloaded when they change.`;
  return eventsError("OperationDisabledException", message);
}
