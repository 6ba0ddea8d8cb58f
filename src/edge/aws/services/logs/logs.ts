import { jsonProtocol } from "../../protocol/json.ts";
import type { Operation, Service } from "../../service.ts";
import { describeLogGroups } from "./describe-log-groups.ts";
import { describeLogStreams } from "./describe-log-streams.ts";
import { filterLogEvents } from "./filter-log-events.ts";
import { getLogEvents } from "./get-log-events.ts";
import { listTagsForLogGroup, listTagsLogGroup } from "./list-tags.ts";
import type { LogsApi } from "./log-group.ts";
import { REFUSED_LOG_CHANGES } from "./refused-changes.ts";

const OPERATIONS: Readonly<Record<string, (api: LogsApi) => Operation>> = {
  DescribeLogGroups: describeLogGroups,
  DescribeLogStreams: describeLogStreams,
  FilterLogEvents: filterLogEvents,
  GetLogEvents: getLogEvents,
  ListTagsForResource: listTagsForLogGroup,
  ListTagsLogGroup: listTagsLogGroup,
  ...REFUSED_LOG_CHANGES,
};

/** The policy actions of CloudWatch Logs. */
export const LOGS_ACTIONS: readonly string[] = Object.keys(OPERATIONS).map((name) => `logs:${name}`);

/** The part of CloudWatch Logs that reads the lines of functions. */
export function logsService(api: LogsApi): Service {
  return {
    name: "logs",
    protocol: jsonProtocol("1.1", "Logs_20140328"),
    operations: new Map(Object.entries(OPERATIONS).map(([name, row]) => [name, row(api)])),
    constraintError: "InvalidParameterException",
  };
}
