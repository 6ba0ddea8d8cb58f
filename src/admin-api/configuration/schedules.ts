import { z } from "zod";
import { countParameter, textParameter } from "../parameters.ts";

/** Working out due times takes up to a millisecond for each schedule. */
export const SCHEDULE_LIST_MAX = 100;

export const scheduleListParameters = z.strictObject({
  schedule: textParameter.exactOptional(),
  limit: countParameter(SCHEDULE_LIST_MAX).default(SCHEDULE_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

export const scheduleExportParameters = z.strictObject({
  limit: countParameter(SCHEDULE_LIST_MAX).default(SCHEDULE_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

/** Schedules that were made over the API, as configuration files would have them. */
export const scheduleExportAnswer = z.object({
  schedules: z
    .array(
      z.object({
        group: z.string(),
        name: z.string(),
        entry: z.record(z.string(), z.unknown()).exactOptional(),
        /** Why no file can have it, where there is no `entry`. */
        leftOut: z.string().exactOptional(),
      }),
    )
    .readonly(),
  next: z.string().exactOptional(),
});
export type ScheduleExportAnswer = z.infer<typeof scheduleExportAnswer>;

const dueTime = z.object({
  atMs: z.number(),
  /** What clocks in the schedule's time zone show then: `2026-03-29T09:00:00`. */
  local: z.string(),
});

const scheduleAnswer = z.object({
  name: z.string(),
  description: z.string().exactOptional(),
  state: z.enum(["ENABLED", "DISABLED"]),
  scheduleExpression: z.string(),
  scheduleExpressionTimezone: z.string(),
  startDateMs: z.number().exactOptional(),
  endDateMs: z.number().exactOptional(),
  target: z.object({
    /** `other`: what Busbar has not, called by its ARN. */
    kind: z.enum(["function", "api-destination", "queue", "stream", "event-bus", "other"]),
    name: z.string(),
    /** The version or alias of a function that is called; absent where none is named. */
    qualifier: z.string().exactOptional(),
    deadLetterQueue: z.string().exactOptional(),
  }),
  /** The next ten times; none of a schedule that is disabled or over. */
  due: z.array(dueTime).readonly(),
  /** When it was fired last, if the router has heard of that since it started. */
  last: z
    .object({
      dueMs: z.number(),
      /** When it was stored for its target. */
      firedAtMs: z.number(),
    })
    .exactOptional(),
});

/** All times are epoch milliseconds. */
export const scheduleListAnswer = z.object({
  schedules: z.array(scheduleAnswer).readonly(),
  next: z.string().exactOptional(),
});
export type ScheduleListAnswer = z.infer<typeof scheduleListAnswer>;
