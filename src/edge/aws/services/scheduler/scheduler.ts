import type { RestRoute } from "../../protocol/rest-json.ts";
import { restJsonProtocol } from "../../protocol/rest-json.ts";
import type { Operation, Service } from "../../service.ts";
import { createSchedule, deleteSchedule, updateSchedule } from "./changes.ts";
import { listGroupTags, tagGroup, untagGroup } from "./group-tags.ts";
import { createScheduleGroup, deleteScheduleGroup, getScheduleGroup, listScheduleGroups } from "./groups.ts";
import { getSchedule, listSchedules } from "./reading.ts";
import type { Scheduling } from "./scheduling.ts";

/** An operation, and where it is. */
interface Row extends RestRoute {
  readonly make: (scheduling: Scheduling) => Operation;
}

const SCHEDULE = "/schedules/{Name}";
const GROUP = "/schedule-groups/{Name}";
const TAGS = "/tags/{ResourceArn}";

const IN_GROUP = { groupName: { member: "GroupName" } };
const WITH_TOKEN = { clientToken: { member: "ClientToken" } };
const PAGED = {
  NamePrefix: { member: "NamePrefix" },
  MaxResults: { member: "MaxResults", type: "integer" },
  NextToken: { member: "NextToken" },
} as const;

/** Every operation of the EventBridge Scheduler API. */
const OPERATIONS: Readonly<Record<string, Row>> = {
  CreateSchedule: { method: "POST", path: SCHEDULE, make: createSchedule },
  UpdateSchedule: { method: "PUT", path: SCHEDULE, make: updateSchedule },
  GetSchedule: { method: "GET", path: SCHEDULE, query: IN_GROUP, make: getSchedule },
  DeleteSchedule: { method: "DELETE", path: SCHEDULE, query: { ...IN_GROUP, ...WITH_TOKEN }, make: deleteSchedule },
  ListSchedules: {
    method: "GET",
    path: "/schedules",
    query: { ScheduleGroup: { member: "GroupName" }, State: { member: "State" }, ...PAGED },
    make: listSchedules,
  },
  CreateScheduleGroup: { method: "POST", path: GROUP, make: createScheduleGroup },
  GetScheduleGroup: { method: "GET", path: GROUP, make: getScheduleGroup },
  DeleteScheduleGroup: { method: "DELETE", path: GROUP, query: WITH_TOKEN, make: deleteScheduleGroup },
  ListScheduleGroups: { method: "GET", path: "/schedule-groups", query: PAGED, make: listScheduleGroups },
  TagResource: { method: "POST", path: TAGS, make: tagGroup },
  UntagResource: {
    method: "DELETE",
    path: TAGS,
    query: { TagKeys: { member: "TagKeys", type: "list" } },
    make: untagGroup,
  },
  ListTagsForResource: { method: "GET", path: TAGS, make: listGroupTags },
};

/** The policy actions of the EventBridge Scheduler API. */
export const SCHEDULER_ACTIONS: readonly string[] = Object.keys(OPERATIONS).map((name) => `scheduler:${name}`);

/** The EventBridge Scheduler API. */
export function schedulerService(scheduling: Scheduling): Service {
  const rows = Object.entries(OPERATIONS).map(([name, { make }]): [string, Operation] => [name, make(scheduling)]);
  return {
    name: "scheduler",
    protocol: restJsonProtocol(OPERATIONS),
    operations: new Map(rows),
  };
}
