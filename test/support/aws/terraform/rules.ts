import assert from "node:assert/strict";
import * as events from "@aws-sdk/client-eventbridge";
import type { Resource } from "./resource.ts";
import { BUS, EVENTS, PATTERN, planned, QUEUE, ROLE } from "./resource.ts";
import { tagsOf } from "./buses.ts";

export function rule(client: events.EventBridgeClient): Resource {
  const key = { Name: "tf-rule", EventBusName: BUS };
  const put = (more: Partial<events.PutRuleCommandInput>) =>
    client.send(
      new events.PutRuleCommand({ ...key, EventPattern: PATTERN, Tags: [{ Key: "a", Value: "1" }], ...more }),
    );
  const arn = `${EVENTS}:rule/tf-rule`;
  const described = { ...key, Arn: arn, EventPattern: PATTERN, CreatedBy: "000000000000" };
  return {
    create: () => put({ State: "ENABLED", Description: "one", RoleArn: ROLE }),
    read: async () => ({
      ...planned(await client.send(new events.DescribeRuleCommand(key))),
      tags: await tagsOf(client, arn),
    }),
    created: { ...described, State: "ENABLED", Description: "one", RoleArn: ROLE, tags: [{ Key: "a", Value: "1" }] },
    update: async () => {
      await put({ State: "DISABLED" });
      await client.send(new events.UntagResourceCommand({ ResourceARN: arn, TagKeys: ["a"] }));
      await client.send(new events.TagResourceCommand({ ResourceARN: arn, Tags: [{ Key: "b", Value: "2" }] }));
    },
    updated: { ...described, State: "DISABLED", tags: [{ Key: "b", Value: "2" }] },
    remove: () => client.send(new events.DeleteRuleCommand({ ...key, Force: false })),
    gone: "ResourceNotFoundException",
  };
}

export function target(client: events.EventBridgeClient): Resource {
  const key = { Rule: "of-targets", EventBusName: BUS };
  const whole = {
    Id: "tf-target",
    Arn: QUEUE,
    RoleArn: ROLE,
    InputTransformer: { InputPathsMap: { total: "$.detail.total" }, InputTemplate: '{"total":<total>}' },
    RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
    DeadLetterConfig: { Arn: QUEUE },
  };
  const bare = { Id: "tf-target", Arn: QUEUE, Input: '{ "a": 1.0 }' };
  const put = async (each: events.Target) => {
    const answer = await client.send(new events.PutTargetsCommand({ ...key, Targets: [each] }));
    assert.deepEqual([answer.FailedEntryCount, answer.FailedEntries], [0, []]);
  };
  return {
    create: async () => {
      await client.send(new events.PutRuleCommand({ Name: key.Rule, EventBusName: BUS, EventPattern: PATTERN }));
      await put(whole);
    },
    read: async () => (await client.send(new events.ListTargetsByRuleCommand({ ...key, Limit: 100 }))).Targets,
    created: [whole],
    update: () => put(bare),
    updated: [bare],
    remove: async () => {
      const answer = await client.send(new events.RemoveTargetsCommand({ ...key, Ids: [bare.Id], Force: false }));
      assert.deepEqual([answer.FailedEntryCount, answer.FailedEntries], [0, []]);
    },
    gone: [],
  };
}
