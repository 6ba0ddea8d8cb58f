import { scheduleGroupArn } from "../../../../domain/arn.ts";
import type { Tag } from "../../../../domain/made/made.ts";
import { TAGS_MAX } from "../../../../domain/made/made.ts";
import { DEFAULT_GROUP } from "../../../../domain/schedule/kept/kept-schedule.ts";
import { list, required, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { mergedTags, TAG_KEY, tagShape, tagsWithout } from "../tag-list.ts";
import { schedulerError } from "./errors.ts";
import { GROUP_ARN } from "./names.ts";
import type { Scheduling } from "./scheduling.ts";
import { changeSchedules, foundGroup, groupEntity, noSuchGroup, readFrom } from "./scheduling.ts";

const AT_ONCE_MAX = 200;

/** The tags of a request. */
export const TAG_LIST = list(tagShape({ lengthMin: 1 }), { lengthMax: AT_ONCE_MAX });

/** The tags that a group has after it was given some. @throws AwsError `ServiceQuotaExceededException` */
export function withGroupTags(before: readonly Tag[], given: readonly Tag[]): Tag[] {
  const message = `A schedule group has at most ${TAGS_MAX} tags.`;
  return mergedTags(before, given, () => schedulerError("ServiceQuotaExceededException", message));
}

/** TagResource: groups only. */
export function tagGroup(scheduling: Scheduling): Operation {
  return operation({
    input: structure("TagResourceRequest", { ResourceArn: required(GROUP_ARN), Tags: required(TAG_LIST) }),
    resource: ({ ResourceArn }) => ResourceArn,
    handle: async ({ ResourceArn, Tags }) => {
      await changeTags("TagResource", scheduling, ResourceArn, (before) => withGroupTags(before, Tags));
      return {};
    },
  });
}

/** UntagResource: a key that is not there is removed, too. */
export function untagGroup(scheduling: Scheduling): Operation {
  const keys = list(TAG_KEY, { lengthMax: 50 });
  return operation({
    input: structure("UntagResourceRequest", { ResourceArn: required(GROUP_ARN), TagKeys: required(keys) }),
    resource: ({ ResourceArn }) => ResourceArn,
    handle: async ({ ResourceArn, TagKeys }) => {
      await changeTags("UntagResource", scheduling, ResourceArn, tagsWithout(TagKeys));
      return {};
    },
  });
}

/** ListTagsForResource. */
export function listGroupTags(scheduling: Scheduling): Operation {
  return operation({
    input: structure("ListTagsForResourceRequest", { ResourceArn: required(GROUP_ARN) }),
    resource: ({ ResourceArn }) => ResourceArn,
    handle: async ({ ResourceArn }) => {
      const group = groupOfArn(scheduling, ResourceArn);
      if (group === DEFAULT_GROUP) return { Tags: [] };
      const found = await readFrom(scheduling, (book) => book.get(groupEntity(group)));
      return { Tags: foundGroup(group, found).tags };
    },
  });
}

async function changeTags(
  name: string,
  scheduling: Scheduling,
  arn: string,
  change: (before: readonly Tag[]) => Tag[],
): Promise<void> {
  const group = groupOfArn(scheduling, arn);
  const key = groupEntity(group);
  await changeSchedules(name, scheduling, [key], ([found]) => {
    const before = foundGroup(group, found);
    const value = JSON.stringify({ ...before, tags: change(before.tags) });
    return [{ change: "put", ...key, value, expect: found?.revision ?? "absent" }];
  });
}

/** @throws AwsError `ResourceNotFoundException` for a group of another account or region */
function groupOfArn({ identity }: Scheduling, arn: string): string {
  const prefix = scheduleGroupArn(identity, "");
  if (arn.startsWith(prefix)) return arn.slice(prefix.length);
  throw noSuchGroup(arn.slice(arn.lastIndexOf("/") + 1));
}
