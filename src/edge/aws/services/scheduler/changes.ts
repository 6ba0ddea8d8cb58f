import { scheduleArn } from "../../../../domain/arn.ts";
import { timingOf } from "../../../../domain/schedule/kept/compile-kept.ts";
import { encodeDue } from "../../../../domain/schedule/kept/due-value.ts";
import { fireTime } from "../../../../domain/schedule/flexible-window.ts";
import type { KeptSchedule } from "../../../../domain/schedule/kept/kept-schedule.ts";
import { DEFAULT_GROUP, readKeptSchedule, scheduleKey } from "../../../../domain/schedule/kept/kept-schedule.ts";
import { nextDue } from "../../../../domain/schedule/next-due.ts";
import type { Change, Entity, EntityKey } from "../../../../ports/store/entities.ts";
import { required, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { checkedSchedule } from "./checked-schedule.ts";
import { schedulerError } from "./errors.ts";
import { CLIENT_TOKEN, RESOURCE_NAME } from "./names.ts";
import type { GivenSchedule } from "./schedule-shape.ts";
import { scheduleShape } from "./schedule-shape.ts";
import type { Scheduling } from "./scheduling.ts";
import {
  changeSchedules,
  fileSchedule,
  groupEntity,
  noSuchSchedule,
  requireGroup,
  requireNoFile,
  scheduleEntity,
} from "./scheduling.ts";

/** CreateSchedule: a second time with the same token and request it answers as the first time. */
export function createSchedule(scheduling: Scheduling): Operation {
  const { identity, nowMs } = scheduling;
  return operation({
    input: scheduleShape("CreateSchedule"),
    resource: (given) => arnOf(scheduling, given),
    handle: async (given) => {
      const { group, name, key } = placeOf(given);
      const kept = checkedSchedule(given, { identity, nowMs: nowMs() });
      await changeSchedules("CreateSchedule", scheduling, [key, groupEntity(group)], ([found, inStore]) => {
        const ofGroup = requireGroup(group, inStore);
        const before = found && readKeptSchedule(found.value);
        if (before !== undefined && isSameRequest(before, kept)) return [];
        if (found !== undefined || fileSchedule(scheduling, group, name) !== undefined)
          throw schedulerError("ConflictException", `Schedule ${name} already exists.`);
        const put: Change = { change: "put", ...key, value: JSON.stringify(kept), expect: "absent" };
        // The second of its creation counts: a rate is due in it.
        return [put, ...ofGroup, dueChange(key, kept, kept.createdMs - 1)];
      });
      return { ScheduleArn: arnOf(scheduling, given) };
    },
  });
}

/** UpdateSchedule: replaces all of it. It is not due any more for times before now. */
export function updateSchedule(scheduling: Scheduling): Operation {
  const { identity, nowMs } = scheduling;
  return operation({
    input: scheduleShape("UpdateSchedule"),
    resource: (given) => arnOf(scheduling, given),
    handle: async (given) => {
      const { group, name, key } = placeOf(given);
      requireNoFile(scheduling, group, name, "UpdateSchedule");
      await changeSchedules("UpdateSchedule", scheduling, [key], ([found]) => {
        const atMs = nowMs();
        const kept = checkedSchedule(given, { identity, nowMs: atMs, before: foundSchedule(name, found) });
        const expect = found?.revision ?? "absent";
        return [{ change: "put", ...key, value: JSON.stringify(kept), expect }, dueChange(key, kept, atMs)];
      });
      return { ScheduleArn: arnOf(scheduling, given) };
    },
  });
}

/** DeleteSchedule: what it has put into queues is still delivered. */
export function deleteSchedule(scheduling: Scheduling): Operation {
  return operation({
    input: structure("DeleteScheduleRequest", {
      ClientToken: CLIENT_TOKEN,
      GroupName: RESOURCE_NAME,
      Name: required(RESOURCE_NAME),
    }),
    resource: (given) => arnOf(scheduling, given),
    handle: async (given) => {
      const { group, name, key } = placeOf(given);
      requireNoFile(scheduling, group, name, "DeleteSchedule");
      await changeSchedules("DeleteSchedule", scheduling, [key], ([found]) => {
        if (found === undefined) throw noSuchSchedule(name);
        return [
          { change: "delete", ...key, expect: found.revision },
          { change: "unschedule", ...key },
        ];
      });
      return {};
    },
  });
}

type Named = Pick<GivenSchedule, "Name" | "GroupName">;

function placeOf({ Name: name, GroupName }: Named): {
  readonly group: string;
  readonly name: string;
  readonly key: EntityKey;
} {
  const group = GroupName ?? DEFAULT_GROUP;
  return { group, name, key: scheduleEntity(group, name) };
}

/** The ARN of the schedule that a request names. */
export function arnOf({ identity }: Scheduling, { Name, GroupName }: Named): string {
  return scheduleArn(identity, scheduleKey(GroupName ?? DEFAULT_GROUP, Name));
}

/** The schedule of an entity that was found. @throws AwsError `ResourceNotFoundException` */
export function foundSchedule(name: string, found: Entity | undefined): KeptSchedule {
  if (found === undefined) throw noSuchSchedule(name);
  const kept = readKeptSchedule(found.value);
  if (kept === undefined) throw new Error(`the store's schedule "${found.name}" cannot be read`);
  return kept;
}

function isSameRequest({ made: before }: KeptSchedule, { made }: KeptSchedule): boolean {
  return made.token !== undefined && made.token === before.token && made.digest === before.digest;
}

/** When a schedule fires next: never where it is disabled or over. */
function dueChange(key: EntityKey, kept: KeptSchedule, afterMs: number): Change {
  const timing = kept.state === "ENABLED" ? timingOf(kept) : undefined;
  const dueMs = timing && nextDue(timing, afterMs);
  if (dueMs === undefined) return { change: "unschedule", ...key };
  const dueAtMs = fireTime(key.name, dueMs, kept.windowMinutes);
  return { change: "schedule", ...key, dueAtMs, value: encodeDue(dueMs) };
}
