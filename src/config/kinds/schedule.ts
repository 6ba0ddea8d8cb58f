import { z } from "zod";
import type { Schedule, ScheduleTarget } from "../../domain/schedule/schedule.ts";
import type { TimeZone } from "../../domain/schedule/time-zone.ts";
import { timeZoneOf, UTC } from "../../domain/schedule/time-zone.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";
import { parseDateTime } from "../../text/date-time.ts";
import type { Context } from "./kind/context.ts";
import { defineKind, NAME } from "./kind/kind.ts";
import {
  addIssue,
  ALWAYS,
  anyNameOf,
  checkExactlyOneOf,
  deadLetterConfig,
  description,
  nameOf,
  oneOf,
  wholeNumber,
} from "./parts/fields.ts";
import type { GivenExpression } from "./parts/schedule-expression.ts";
import { scheduleExpression } from "./parts/schedule-expression.ts";
import { checkGroup, input, retryPolicy, sqsParameters } from "./target/target.ts";
import { TARGETS, toTargetRef } from "./target/target-ref.ts";

/** EventBridge's limit on an event, which a schedule's input may become. */
const INPUT_BYTES_MAX = 262_144;

const expression = scheduleExpression(
  "scheduler",
  "When it is due: rate(5 minutes), cron(0 9 ? * MON-FRI *) or at(2026-12-31T09:00:00).",
);

const scheduleExpressionTimezone = z
  .string()
  .transform((name, issues): TimeZone => {
    const zone = timeZoneOf(name);
    if (zone !== undefined) return zone;
    addIssue(issues, "must be a time zone such as Europe/Berlin");
    return z.NEVER;
  })
  .meta({ description: "The time zone of cron and at, UTC by default: a name such as Europe/Berlin." });

function instant(about: string) {
  return z
    .string()
    .transform((text, issues): number => {
      const epochMs = parseDateTime(text);
      if (epochMs !== undefined) return epochMs;
      addIssue(issues, "must be a time such as 2026-01-31T12:00:00Z");
      return z.NEVER;
    })
    .meta({ description: about });
}

const WINDOW_MINUTES_MAX = 1_440;

const flexibleTimeWindow = z
  .strictObject({
    mode: z.enum(["OFF", "FLEXIBLE"]).describe("Whether there is a window."),
    maximumWindowInMinutes: wholeNumber(1, WINDOW_MINUTES_MAX, "How long it is.").exactOptional(),
  })
  .superRefine((value, issues) => {
    const hasLength = Object.hasOwn(value, "maximumWindowInMinutes");
    const path = ["maximumWindowInMinutes"];
    if (value.mode === "FLEXIBLE" && !hasLength) addIssue(issues, "must have maximumWindowInMinutes for mode FLEXIBLE");
    if (value.mode === "OFF" && hasLength) addIssue(issues, "is for mode FLEXIBLE only", { path });
  }, ALWAYS)
  .meta({ description: "It fires at some time in the window that begins when it is due." });

function target(context: Context) {
  return z
    .strictObject({
      function: nameOf(context, "function", "The function that is called.").exactOptional(),
      queue: anyNameOf(context, "queue", "The queue that takes the input.").exactOptional(),
      apiDestination: nameOf(context, "api-destination", "The API destination that is called.").exactOptional(),
      eventBus: nameOf(context, "event-bus", "The event bus that an event is put on.").exactOptional(),
      input: input.exactOptional(),
      source: z.string().min(1).max(256).describe("The source of the event on the bus.").exactOptional(),
      detailType: z.string().min(1).max(128).describe("The detail type of the event on the bus.").exactOptional(),
      sqsParameters: sqsParameters.exactOptional(),
      retryPolicy: retryPolicy.exactOptional(),
      deadLetterConfig: deadLetterConfig(context).exactOptional(),
    })
    .superRefine((value, issues) => {
      checkExactlyOneOf(TARGETS, value, issues);
      checkGroup(value, issues);
      const isForBus = Object.hasOwn(value, "eventBus");
      for (const key of ["source", "detailType"] as const) {
        if (isForBus && value[key] === undefined) addIssue(issues, `must have ${key}, which the event on the bus gets`);
        if (!isForBus && Object.hasOwn(value, key)) addIssue(issues, "is for event buses only", { path: [key] });
      }
      if (value.source?.startsWith("aws.") === true)
        addIssue(issues, 'must not begin with "aws."', { path: ["source"] });
      if (isForBus && Object.hasOwn(value, "retryPolicy")) {
        const message = "is not for event buses: the event is on its bus when the schedule has fired";
        addIssue(issues, message, { path: ["retryPolicy"] });
      }
      const problem = inputProblem(value.input?.json, isForBus);
      if (problem !== undefined) addIssue(issues, problem, { path: ["input"] });
    }, ALWAYS)
    .meta({ description: "What is called or filled when the schedule is due.", ...oneOf(TARGETS) });
}

function inputProblem(json: string | undefined, isForBus: boolean): string | undefined {
  if (json === undefined) return undefined;
  if (Buffer.byteLength(json) > INPUT_BYTES_MAX) return `must have at most ${INPUT_BYTES_MAX} bytes`;
  const isDetail = !isForBus || isJsonObject(parseJson(json));
  return isDetail ? undefined : "must be a mapping: it is the detail of an event";
}

/** An expression that is wrong is still the text of the file here. */
interface Dated {
  readonly scheduleExpression: Partial<GivenExpression>;
  readonly startDate: number;
  readonly endDate: number;
}

/** A schedule, with EventBridge Scheduler's property names. */
function schema(context: Context) {
  return z
    .strictObject({
      description: description.exactOptional(),
      state: z.enum(["ENABLED", "DISABLED"]).default("ENABLED").describe("A disabled schedule is never due."),
      scheduleExpression: expression,
      scheduleExpressionTimezone: scheduleExpressionTimezone.exactOptional(),
      startDate: instant("Not due before it; of a rate, the first time it is due. Not for at.").exactOptional(),
      endDate: instant("The last time it may be due. Not for at.").exactOptional(),
      flexibleTimeWindow: flexibleTimeWindow.exactOptional(),
      target: target(context),
    })
    .superRefine(({ startDate, endDate, scheduleExpression: given }: Partial<Dated>, issues) => {
      if (startDate !== undefined && endDate !== undefined && endDate < startDate) {
        addIssue(issues, "must not be before startDate", { path: ["endDate"] });
      }
      if (given?.expression?.kind !== "at") return;
      for (const [key, value] of Object.entries({ startDate, endDate })) {
        if (value !== undefined) addIssue(issues, "is for rate and cron only: at says when", { path: [key] });
      }
    })
    .describe("Calls or fills a target at certain times.");
}

type Shape = z.output<ReturnType<typeof schema>>;

function toSchedule(name: string, shape: Shape): Schedule {
  const { scheduleExpression: given, scheduleExpressionTimezone: zone = UTC, startDate, endDate } = shape;
  const window = shape.flexibleTimeWindow;
  return {
    name,
    ...(shape.description === undefined ? {} : { description: shape.description }),
    state: shape.state,
    expression: given.text,
    timing: {
      expression: given.expression,
      zone,
      ...(startDate === undefined ? {} : { startMs: startDate }),
      ...(endDate === undefined ? {} : { endMs: endDate }),
    },
    ...(window?.maximumWindowInMinutes === undefined ? {} : { windowMinutes: window.maximumWindowInMinutes }),
    target: toScheduleTarget(shape.target),
  };
}

function toScheduleTarget(shape: Shape["target"]): ScheduleTarget {
  const { source, detailType, sqsParameters: group, retryPolicy: policy, deadLetterConfig: letters } = shape;
  const to = toTargetRef(shape);
  const isEvent = to.kind === "event-bus" && source !== undefined && detailType !== undefined;
  const inputJson = shape.input?.json ?? (isEvent ? "{}" : undefined);
  return {
    to,
    ...(inputJson === undefined ? {} : { inputJson }),
    ...(isEvent ? { event: { source, detailType } } : {}),
    ...(group === undefined ? {} : { messageGroupId: group.messageGroupId }),
    ...(policy === undefined ? {} : { retryPolicy: policy }),
    ...(letters === undefined ? {} : { deadLetterQueue: letters.queue }),
  };
}

/** `schedules` */
export const schedules = defineKind({
  noun: "schedule",
  about: "Schedules, by name, with EventBridge Scheduler's property names.",
  names: NAME,
  schema,
  make: toSchedule,
  secrets: [],
});
