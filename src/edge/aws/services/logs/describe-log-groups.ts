import { hasLogGroup } from "../../../../domain/logs/log-line.ts";
import { integer, string, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { invalidToken, logsError } from "./errors.ts";
import type { LogsApi } from "./log-group.ts";
import { GROUP_NAME, shownGroup } from "./log-group.ts";

const GROUPS_MAX = 50;

/** DescribeLogGroups: the groups of functions whose lines come here, by name. A token is the last name of its page. */
export function describeLogGroups(api: LogsApi): Operation {
  return operation({
    input: structure("DescribeLogGroupsRequest", {
      logGroupNamePrefix: GROUP_NAME,
      logGroupNamePattern: GROUP_NAME,
      nextToken: string({ lengthMin: 1 }),
      limit: integer({ min: 1, max: GROUPS_MAX }),
    }),
    resource: () => "*",
    handle: ({ logGroupNamePrefix, logGroupNamePattern, nextToken, limit }) => {
      if (typeof logGroupNamePrefix === "string" && typeof logGroupNamePattern === "string") {
        const message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        throw logsError("InvalidParameterException", message);
      }
      const all = api.functionLines.isOn ? [...api.config().functions.values()].filter(hasLogGroup) : [];
      const shown = all
        .map((fn) => shownGroup(api, fn))
        .filter(({ logGroupName }) => logGroupName.startsWith(logGroupNamePrefix ?? ""))
        .filter(({ logGroupName }) => logGroupName.toLowerCase().includes((logGroupNamePattern ?? "").toLowerCase()))
        .sort((one, other) => (one.logGroupName < other.logGroupName ? -1 : 1));
      if (typeof nextToken === "string" && !shown.some(({ logGroupName }) => logGroupName === nextToken)) {
        throw invalidToken();
      }
      const rest = shown.filter(({ logGroupName }) => logGroupName > (nextToken ?? ""));
      const page = rest.slice(0, limit ?? GROUPS_MAX);
      const last = page.at(-1);
      const isLast = last === undefined || page.length === rest.length;
      return { logGroups: page, ...(isLast ? {} : { nextToken: last.logGroupName }) };
    },
  });
}
