import { z } from "zod";
import type { Json } from "../../../json/json.ts";
import { parseJson } from "../../../json/json.ts";
import { madeTag } from "../../made/made.ts";

/** The kinds of the store's entities for what the EventBridge Scheduler API makes. A schedule is named `GROUP/NAME`. */
export const SCHEDULE_KIND = "schedule";
export const GROUP_KIND = "schedule-group";

/** Due work of this kind deletes the schedules of a group, and then the group. */
export const GROUP_END_KIND = "schedule-group-end";

/** The group that is there without being made. Schedules of files are in it. */
export const DEFAULT_GROUP = "default";

const target = z.object({ Arn: z.string(), Input: z.string().exactOptional() }).catchall(z.custom<Json>());

const keptSchedule = z.object({
  expression: z.string(),
  zone: z.string(),
  state: z.enum(["ENABLED", "DISABLED"]),
  description: z.string().optional(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  /** The length of the flexible time window; none when it is off. */
  windowMinutes: z.number().optional(),
  /** Whether the schedule is deleted once it is not due any more. */
  isDeletedAfter: z.boolean(),
  kmsKeyArn: z.string().optional(),
  /** The target with the members that it was given. */
  target,
  /** Both in whole seconds, epoch milliseconds. A rate without a start counts from the first. */
  createdMs: z.number(),
  changedMs: z.number(),
  /** What made it: the same token with the same request makes nothing anew. */
  made: z.object({ token: z.string().optional(), digest: z.string() }),
});

const keptGroup = z.object({
  state: z.enum(["ACTIVE", "DELETING"]),
  tags: z.array(madeTag).default([]),
  createdMs: z.number(),
  changedMs: z.number(),
  token: z.string().optional(),
});

/** What the store keeps of a schedule that was made over the API. */
export type KeptSchedule = z.output<typeof keptSchedule>;
export type KeptGroup = z.output<typeof keptGroup>;

/** Undefined when a router of another version wrote it, or something else did. */
export function readKeptSchedule(value: string): KeptSchedule | undefined {
  return keptSchedule.safeParse(parseJson(value)).data;
}

/** The same of a group. */
export function readKeptGroup(value: string): KeptGroup | undefined {
  return keptGroup.safeParse(parseJson(value)).data;
}

/** Which schedule is meant: `GROUP/NAME`, or a name in the default group. Neither part has a slash. */
export function splitScheduleName(name: string): { readonly group: string; readonly name: string } {
  const slash = name.indexOf("/");
  return slash === -1 ? { group: DEFAULT_GROUP, name } : { group: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** The name of a schedule's entity. */
export function scheduleKey(group: string, name: string): string {
  return `${group}/${name}`;
}

/** The key of a schedule that is called so. */
export function keyOfSchedule(called: string): string {
  const { group, name } = splitScheduleName(called);
  return scheduleKey(group, name);
}

/** What commands, logs and metrics call it: in the default group, as schedules of files are called. */
export function scheduleName(key: string): string {
  const { group, name } = splitScheduleName(key);
  return group === DEFAULT_GROUP ? name : key;
}
