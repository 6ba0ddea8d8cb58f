import { structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { logsError } from "./errors.ts";

const RETENTION = "How long lines are kept is said once for all, by logs.hours in the configuration.";
const LINES = "Lines are written by functions alone.";
const GROUPS = "A function has its log group as long as the configuration has the function.";
const STREAMS = "Each environment of a function has a log stream as long as lines of it are kept.";

/** Changes that CloudWatch Logs has, and what is so here instead. */
const REASONS: Readonly<Record<string, string>> = {
  CreateLogGroup: GROUPS,
  DeleteLogGroup: GROUPS,
  CreateLogStream: STREAMS,
  DeleteLogStream: STREAMS,
  PutLogEvents: LINES,
  PutRetentionPolicy: RETENTION,
  DeleteRetentionPolicy: RETENTION,
  TagResource: "A log group has no tags here.",
  UntagResource: "A log group has no tags here.",
  TagLogGroup: "A log group has no tags here.",
  UntagLogGroup: "A log group has no tags here.",
  PutSubscriptionFilter: "Nobody subscribes to a log group here.",
  DeleteSubscriptionFilter: "Nobody subscribes to a log group here.",
  PutMetricFilter: "No metrics are made of lines here.",
  DeleteMetricFilter: "No metrics are made of lines here.",
  AssociateKmsKey: "There are no keys of KMS here.",
  DisassociateKmsKey: "There are no keys of KMS here.",
};

/** Operations that are refused to whoever may call them. */
export const REFUSED_LOG_CHANGES: Readonly<Record<string, () => Operation>> = Object.fromEntries(
  Object.entries(REASONS).map(([name, reason]) => [name, () => refused(name, reason)]),
);

function refused(name: string, reason: string): Operation {
  return operation({
    input: structure(`${name}Request`, {}),
    resource: () => "*",
    handle: () => {
      throw logsError("InvalidOperationException", `${name} is not supported: ${reason}`);
    },
  });
}
