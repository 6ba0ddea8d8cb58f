import assert from "node:assert/strict";
import * as scheduler from "@aws-sdk/client-scheduler";
import type { Resource } from "./resource.ts";
import { planned, QUEUE, ROLE, SCHEDULER } from "./resource.ts";

export function scheduleGroup(client: scheduler.SchedulerClient): Resource {
  const Name = "tf-group";
  const ResourceArn = `${SCHEDULER}:schedule-group/${Name}`;
  const described = { Name, Arn: ResourceArn, State: "ACTIVE" };
  return {
    create: () =>
      client.send(
        new scheduler.CreateScheduleGroupCommand({ Name, ClientToken: "c-1", Tags: [{ Key: "a", Value: "1" }] }),
      ),
    read: async () => {
      const answer = await client.send(new scheduler.GetScheduleGroupCommand({ Name }));
      assert.ok(answer.CreationDate instanceof Date && answer.LastModificationDate instanceof Date);
      const { Tags } = await client.send(new scheduler.ListTagsForResourceCommand({ ResourceArn }));
      return { ...planned(answer), Tags };
    },
    created: { ...described, Tags: [{ Key: "a", Value: "1" }] },
    update: () => client.send(new scheduler.TagResourceCommand({ ResourceArn, Tags: [{ Key: "a", Value: "2" }] })),
    updated: { ...described, Tags: [{ Key: "a", Value: "2" }] },
    remove: () => client.send(new scheduler.DeleteScheduleGroupCommand({ Name })),
    gone: "ResourceNotFoundException",
  };
}

export function schedule(client: scheduler.SchedulerClient): Resource {
  const Name = "tf-schedule";
  const GroupName = "default";
  const members = (changes: Partial<scheduler.CreateScheduleCommandInput> = {}) =>
    ({
      Name,
      GroupName,
      ScheduleExpression: "cron(0 9 ? * MON-FRI *)",
      ScheduleExpressionTimezone: "UTC",
      State: "DISABLED",
      ActionAfterCompletion: "NONE",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: {
        Arn: QUEUE,
        RoleArn: ROLE,
        Input: '{ "a": 1.0 }',
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
        DeadLetterConfig: { Arn: QUEUE },
      },
      ...changes,
    }) satisfies scheduler.CreateScheduleCommandInput;
  const arn = { Arn: `${SCHEDULER}:schedule/default/${Name}` };
  const first = members({ Description: "one", StartDate: new Date("2030-01-01T00:00:00Z") });
  const second = members({ FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 } });
  return {
    create: () => client.send(new scheduler.CreateScheduleCommand({ ...first, ClientToken: "c-2" })),
    read: async () => planned(await client.send(new scheduler.GetScheduleCommand({ Name, GroupName }))),
    created: { ...first, ...arn },
    update: () => client.send(new scheduler.UpdateScheduleCommand({ ...second, ClientToken: "c-3" })),
    updated: { ...second, ...arn },
    remove: () => client.send(new scheduler.DeleteScheduleCommand({ Name, GroupName, ClientToken: "c-4" })),
    gone: "ResourceNotFoundException",
  };
}
