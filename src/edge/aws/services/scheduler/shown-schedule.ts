import type { Identity } from "../../../../domain/arn.ts";
import { queueArn, scheduleArn, targetArn } from "../../../../domain/arn.ts";
import { retryPolicyOf } from "../../../../domain/schedule/kept/compile-kept.ts";
import type { KeptSchedule } from "../../../../domain/schedule/kept/kept-schedule.ts";
import { splitScheduleName } from "../../../../domain/schedule/kept/kept-schedule.ts";
import type { Schedule } from "../../../../domain/schedule/schedule.ts";
import type { JsonObject } from "../../../../json/json.ts";

/** GetSchedule's answer for a schedule of the store. What was not given is left out, but for what has a default. */
export function describeKept(identity: Identity, key: string, kept: KeptSchedule): JsonObject {
  const { target, windowMinutes, startMs, endMs } = kept;
  return {
    ...summaryOfKept(identity, key, kept),
    ActionAfterCompletion: kept.isDeletedAfter ? "DELETE" : "NONE",
    ...(kept.description === undefined ? {} : { Description: kept.description }),
    ...(startMs === undefined ? {} : { StartDate: startMs / 1_000 }),
    ...(endMs === undefined ? {} : { EndDate: endMs / 1_000 }),
    FlexibleTimeWindow: shownWindow(windowMinutes),
    ...(kept.kmsKeyArn === undefined ? {} : { KmsKeyArn: kept.kmsKeyArn }),
    ScheduleExpression: kept.expression,
    ScheduleExpressionTimezone: kept.zone,
    Target: { ...target, RetryPolicy: wholePolicy(retryPolicyOf(target["RetryPolicy"])) },
  };
}

/** ListSchedules' row for a schedule of the store. */
export function summaryOfKept(identity: Identity, key: string, kept: KeptSchedule): JsonObject {
  const { group, name } = splitScheduleName(key);
  return {
    Arn: scheduleArn(identity, key),
    CreationDate: kept.createdMs / 1_000,
    GroupName: group,
    LastModificationDate: kept.changedMs / 1_000,
    Name: name,
    State: kept.state,
    Target: { Arn: kept.target.Arn },
  };
}

/** GetSchedule's answer for a schedule of a file. It has no role, and was made at 0. */
export function describeOfFile(identity: Identity, schedule: Schedule): JsonObject {
  const { description, expression, timing, windowMinutes, target } = schedule;
  const { inputJson, event, messageGroupId, retryPolicy, deadLetterQueue } = target;
  const { zone, startMs, endMs } = timing;
  return {
    ...summaryOfFile(identity, schedule),
    ActionAfterCompletion: "NONE",
    ...(description === undefined ? {} : { Description: description }),
    ...(startMs === undefined ? {} : { StartDate: startMs / 1_000 }),
    ...(endMs === undefined ? {} : { EndDate: endMs / 1_000 }),
    FlexibleTimeWindow: shownWindow(windowMinutes),
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: zone.name,
    Target: {
      Arn: targetArn(identity, target.to),
      ...(inputJson === undefined ? {} : { Input: inputJson }),
      ...(event === undefined ? {} : { EventBridgeParameters: { DetailType: event.detailType, Source: event.source } }),
      ...(messageGroupId === undefined ? {} : { SqsParameters: { MessageGroupId: messageGroupId } }),
      ...(deadLetterQueue === undefined ? {} : { DeadLetterConfig: { Arn: queueArn(identity, deadLetterQueue) } }),
      RetryPolicy: wholePolicy(retryPolicy ?? retryPolicyOf(undefined)),
    },
  };
}

/** ListSchedules' row for a schedule of a file. */
export function summaryOfFile(identity: Identity, { name, state, target }: Schedule): JsonObject {
  return {
    Arn: scheduleArn(identity, name),
    CreationDate: 0,
    GroupName: splitScheduleName(name).group,
    LastModificationDate: 0,
    Name: name,
    State: state,
    Target: { Arn: targetArn(identity, target.to) },
  };
}

function shownWindow(windowMinutes: number | undefined): JsonObject {
  return windowMinutes === undefined ? { Mode: "OFF" } : { MaximumWindowInMinutes: windowMinutes, Mode: "FLEXIBLE" };
}

function wholePolicy({ maximumEventAgeInSeconds, maximumRetryAttempts }: ReturnType<typeof retryPolicyOf>): JsonObject {
  return { MaximumEventAgeInSeconds: maximumEventAgeInSeconds, MaximumRetryAttempts: maximumRetryAttempts };
}
