import { scheduleGroupArn } from "../../../../domain/arn.ts";
import type { KeptGroup } from "../../../../domain/schedule/kept/kept-schedule.ts";
import {
  DEFAULT_GROUP,
  GROUP_END_KIND,
  GROUP_KIND,
  readKeptGroup,
} from "../../../../domain/schedule/kept/kept-schedule.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { Entity } from "../../../../ports/store/entities.ts";
import { commonError } from "../../errors.ts";
import { page } from "../../input/paging.ts";
import { required, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { schedulerError } from "./errors.ts";
import { TAG_LIST, withGroupTags } from "./group-tags.ts";
import { CLIENT_TOKEN, RESOURCE_NAME, PAGE } from "./names.ts";
import type { Scheduling } from "./scheduling.ts";
import { changeSchedules, foundGroup, groupEntity, readFrom } from "./scheduling.ts";

/** As AWS has it; a scan reads all of them. */
const GROUPS_MAX = 500;

/** It is there without being made, and was made at 0. */
const DEFAULT: KeptGroup = { state: "ACTIVE", tags: [], createdMs: 0, changedMs: 0 };

/** CreateScheduleGroup: a second time with the same token it answers as the first time. */
export function createScheduleGroup(scheduling: Scheduling): Operation {
  const { identity, nowMs } = scheduling;
  return operation({
    input: structure("CreateScheduleGroupRequest", {
      ClientToken: CLIENT_TOKEN,
      Name: required(RESOURCE_NAME),
      Tags: TAG_LIST,
    }),
    resource: ({ Name }) => scheduleGroupArn(identity, Name),
    handle: async ({ ClientToken, Name, Tags }) => {
      const tags = withGroupTags([], Tags ?? []);
      const key = groupEntity(Name);
      await changeSchedules("CreateScheduleGroup", scheduling, [key], async ([found]) => {
        const token = ClientToken ?? undefined;
        if (token !== undefined && found !== undefined && readKeptGroup(found.value)?.token === token) return [];
        if (found !== undefined || Name === DEFAULT_GROUP)
          throw schedulerError("ConflictException", `Schedule group ${Name} already exists.`);
        if ((await groupsOf(scheduling)).length > GROUPS_MAX)
          throw schedulerError(
            "ServiceQuotaExceededException",
            `There are ${GROUPS_MAX} schedule groups, and may be no more.`,
          );
        const atMs = Math.floor(nowMs() / 1_000) * 1_000;
        const group: KeptGroup = {
          state: "ACTIVE",
          tags,
          createdMs: atMs,
          changedMs: atMs,
          ...(token === undefined ? {} : { token }),
        };
        return [{ change: "put", ...key, value: JSON.stringify(group), expect: "absent" }];
      });
      return { ScheduleGroupArn: scheduleGroupArn(identity, Name) };
    },
  });
}

/** GetScheduleGroup. */
export function getScheduleGroup(scheduling: Scheduling): Operation {
  const { identity } = scheduling;
  return operation({
    input: structure("GetScheduleGroupRequest", { Name: required(RESOURCE_NAME) }),
    resource: ({ Name }) => scheduleGroupArn(identity, Name),
    handle: async ({ Name }) => {
      if (Name === DEFAULT_GROUP) return describe(scheduling, Name, DEFAULT);
      return describe(
        scheduling,
        Name,
        foundGroup(Name, await readFrom(scheduling, (book) => book.get(groupEntity(Name)))),
      );
    },
  });
}

/** ListScheduleGroups: by name, the default one among them. */
export function listScheduleGroups(scheduling: Scheduling): Operation {
  return operation({
    input: structure("ListScheduleGroupsRequest", { ...PAGE, NamePrefix: RESOURCE_NAME }),
    resource: () => "*",
    handle: async ({ MaxResults, NamePrefix, NextToken }) => {
      const prefix = NamePrefix ?? "";
      const groups = (await groupsOf(scheduling)).filter(({ name }) => name.startsWith(prefix));
      const asked = { Limit: MaxResults ?? null, NextToken: NextToken ?? null };
      const { items, next } = page(asked, ["schedule-groups", prefix], groups, ({ name }) => name);
      return { ScheduleGroups: items.map(({ name, group }) => describe(scheduling, name, group)), ...next };
    },
  });
}

/** DeleteScheduleGroup: its schedules go with it, some at a time. Until then its state is DELETING. */
export function deleteScheduleGroup(scheduling: Scheduling): Operation {
  const { identity, nowMs } = scheduling;
  return operation({
    input: structure("DeleteScheduleGroupRequest", { ClientToken: CLIENT_TOKEN, Name: required(RESOURCE_NAME) }),
    resource: ({ Name }) => scheduleGroupArn(identity, Name),
    handle: async ({ Name }) => {
      if (Name === DEFAULT_GROUP) throw commonError("ValidationException", "Cannot delete the default schedule group.");
      const key = groupEntity(Name);
      await changeSchedules("DeleteScheduleGroup", scheduling, [key], ([found]) => {
        const group: KeptGroup = { ...foundGroup(Name, found), state: "DELETING" };
        return [
          { change: "put", ...key, value: JSON.stringify(group), expect: found?.revision ?? "absent" },
          { change: "schedule", kind: GROUP_END_KIND, name: Name, dueAtMs: nowMs(), value: "" },
        ];
      });
      return {};
    },
  });
}

interface NamedGroup {
  readonly name: string;
  readonly group: KeptGroup;
}

async function groupsOf(scheduling: Scheduling): Promise<readonly NamedGroup[]> {
  const { entities } = await readFrom(scheduling, (book) => book.scan({ kind: GROUP_KIND }));
  const read = ({ name, value }: Entity): readonly NamedGroup[] => {
    const group = readKeptGroup(value);
    return group === undefined ? [] : [{ name, group }];
  };
  return [{ name: DEFAULT_GROUP, group: DEFAULT }, ...entities.flatMap(read)];
}

function describe({ identity }: Scheduling, name: string, { state, createdMs, changedMs }: KeptGroup): JsonObject {
  return {
    Arn: scheduleGroupArn(identity, name),
    CreationDate: createdMs / 1_000,
    LastModificationDate: changedMs / 1_000,
    Name: name,
    State: state,
  };
}
