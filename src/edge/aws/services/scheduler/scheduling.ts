import type { Identity } from "../../../../domain/arn.ts";
import type { Config } from "../../../../domain/config.ts";
import {
  DEFAULT_GROUP,
  GROUP_KIND,
  readKeptGroup,
  SCHEDULE_KIND,
  scheduleKey,
} from "../../../../domain/schedule/kept/kept-schedule.ts";
import type { KeptGroup } from "../../../../domain/schedule/kept/kept-schedule.ts";
import type { Schedule } from "../../../../domain/schedule/schedule.ts";
import type { DecideChanges } from "../../../../ports/made.ts";
import type { ScheduleBook } from "../../../../ports/schedule-book.ts";
import type { Change, Entity, EntityKey } from "../../../../ports/store/entities.ts";
import { StoreError } from "../../../../ports/store/store.ts";
import { commonError } from "../../errors.ts";
import type { AwsError } from "../../errors.ts";
import { changeOrRefuse } from "../change-refusal.ts";
import { schedulerError } from "./errors.ts";

/** What the operations of the EventBridge Scheduler API work on. */
export interface Scheduling {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly schedules: ScheduleBook;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
}

const ERRORS = {
  disabled: (message: string) => schedulerError("OperationDisabledException", message),
  conflict: (message: string) => schedulerError("ConflictException", message),
};

/** Makes a change of schedules or groups. @throws AwsError */
export function changeSchedules(
  operation: string,
  { schedules }: Scheduling,
  keys: readonly EntityKey[],
  decide: DecideChanges,
): Promise<void> {
  return changeOrRefuse(operation, schedules, keys, decide, ERRORS);
}

/** Reads from the store. @throws AwsError `ServiceUnavailable` while it is away */
export async function readFrom<T>({ schedules }: Scheduling, read: (book: ScheduleBook) => Promise<T>): Promise<T> {
  try {
    return await read(schedules);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const message = `The store is not available: ${error.message}`;
    throw commonError("ServiceUnavailable", message, { cause: error, retryAfterSeconds: 1 });
  }
}

export function scheduleEntity(group: string, name: string): EntityKey {
  return { kind: SCHEDULE_KIND, name: scheduleKey(group, name) };
}

export function groupEntity(group: string): EntityKey {
  return { kind: GROUP_KIND, name: group };
}

/** A schedule of the files, which are all in the default group. */
export function fileSchedule({ config }: Scheduling, group: string, name: string): Schedule | undefined {
  return group === DEFAULT_GROUP ? config().schedules.get(name) : undefined;
}

/** A schedule of a file is changed there. @throws AwsError `OperationDisabledException` */
export function requireNoFile(scheduling: Scheduling, group: string, name: string, operation: string): void {
  if (fileSchedule(scheduling, group, name) === undefined) return;
  const place = scheduling.config().places?.schedules.get(name) ?? "its file";
  throw ERRORS.disabled(
    `${operation} is disabled for schedule ${name}: a configuration file has it (${place}), change it there.`,
  );
}

export function noSuchSchedule(name: string): AwsError {
  return schedulerError("ResourceNotFoundException", `Schedule ${name} does not exist.`);
}

export function noSuchGroup(group: string): AwsError {
  return schedulerError("ResourceNotFoundException", `Schedule group ${group} does not exist.`);
}

/** The group of an entity that was found. @throws AwsError `ResourceNotFoundException` */
export function foundGroup(group: string, found: Entity | undefined): KeptGroup {
  if (found === undefined) throw noSuchGroup(group);
  const kept = readKeptGroup(found.value);
  if (kept === undefined) throw new Error(`the store's schedule group "${group}" cannot be read`);
  return kept;
}

/** A group that takes schedules: the change that it stays so until the commit. @throws AwsError */
export function requireGroup(group: string, found: Entity | undefined): readonly Change[] {
  if (group === DEFAULT_GROUP) return [];
  const { state } = foundGroup(group, found);
  if (state === "DELETING") throw ERRORS.conflict(`Schedule group ${group} is being deleted.`);
  return found === undefined ? [] : [{ change: "require", ...groupEntity(group), expect: found.revision }];
}
