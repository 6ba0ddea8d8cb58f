import { required, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import type { LogsApi } from "./log-group.ts";
import { askedGroupArn, foundLogGroup, GROUP_IDENTIFIER, GROUP_NAME } from "./log-group.ts";

/** ListTagsForResource: a log group has no tags. */
export function listTagsForLogGroup(api: LogsApi): Operation {
  return operation({
    input: structure("ListTagsForResourceRequest", { resourceArn: required(GROUP_IDENTIFIER) }),
    resource: ({ resourceArn }) => askedGroupArn(api.identity, { logGroupIdentifier: resourceArn }),
    handle: ({ resourceArn }) => {
      foundLogGroup(api, { logGroupIdentifier: resourceArn });
      return { tags: {} };
    },
  });
}

/** ListTagsLogGroup: the same, by the group's name. */
export function listTagsLogGroup(api: LogsApi): Operation {
  return operation({
    input: structure("ListTagsLogGroupRequest", { logGroupName: required(GROUP_NAME) }),
    resource: ({ logGroupName }) => askedGroupArn(api.identity, { logGroupName }),
    handle: ({ logGroupName }) => {
      foundLogGroup(api, { logGroupName });
      return { tags: {} };
    },
  });
}
