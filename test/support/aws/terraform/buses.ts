import * as events from "@aws-sdk/client-eventbridge";
import type { Resource } from "./resource.ts";
import { BUS, EVENTS, PATTERN, planned } from "./resource.ts";

export function bus(client: events.EventBridgeClient): Resource {
  const Name = "tf-bus";
  const arn = `${EVENTS}:event-bus/${Name}`;
  return {
    create: () =>
      client.send(new events.CreateEventBusCommand({ Name, Description: "one", Tags: [{ Key: "a", Value: "1" }] })),
    read: async () => ({
      ...planned(await client.send(new events.DescribeEventBusCommand({ Name }))),
      tags: await tagsOf(client, arn),
    }),
    created: { Name, Arn: arn, Description: "one", tags: [{ Key: "a", Value: "1" }] },
    update: () => client.send(new events.UpdateEventBusCommand({ Name, Description: "" })),
    updated: { Name, Arn: arn, tags: [{ Key: "a", Value: "1" }] },
    remove: () => client.send(new events.DeleteEventBusCommand({ Name })),
    gone: "ResourceNotFoundException",
  };
}

export function permission(client: events.EventBridgeClient): Resource {
  const key = { EventBusName: BUS, StatementId: "tf" };
  const put = (more: Partial<events.PutPermissionCommandInput>) =>
    client.send(new events.PutPermissionCommand({ ...key, Action: "events:PutEvents", ...more }));
  const policy = (Principal: unknown) => ({
    Version: "2012-10-17",
    Statement: [
      { Sid: "tf", Effect: "Allow", Principal, Action: "events:PutEvents", Resource: `${EVENTS}:event-bus/${BUS}` },
    ],
  });
  return {
    create: () => put({ Principal: "111122223333" }),
    read: () => policyOf(client),
    created: policy({ AWS: "arn:aws:iam::111122223333:root" }),
    update: () => put({ Principal: "*" }),
    updated: policy("*"),
    remove: () => client.send(new events.RemovePermissionCommand(key)),
    gone: null,
  };
}

export function busPolicy(client: events.EventBridgeClient): Resource {
  const policy = (sid: string) => ({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: sid,
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::111122223333:root" },
        Action: ["events:PutEvents"],
        Resource: [`${EVENTS}:event-bus/${BUS}`],
      },
    ],
  });
  const put = (sid: string) =>
    client.send(new events.PutPermissionCommand({ EventBusName: BUS, Policy: JSON.stringify(policy(sid)) }));
  return {
    create: () => put("one"),
    read: () => policyOf(client),
    created: policy("one"),
    update: () => put("two"),
    updated: policy("two"),
    remove: () => client.send(new events.RemovePermissionCommand({ EventBusName: BUS, RemoveAllPermissions: true })),
    gone: null,
  };
}

export function archive(client: events.EventBridgeClient): Resource {
  const ArchiveName = "tf-archive";
  const EventSourceArn = `${EVENTS}:event-bus/${BUS}`;
  const described = {
    ArchiveName,
    EventSourceArn,
    ArchiveArn: `${EVENTS}:archive/${ArchiveName}`,
    State: "ENABLED",
    SizeBytes: 0,
    EventCount: 0,
  };
  const members = { EventPattern: PATTERN, Description: "one", RetentionDays: 1 };
  return {
    create: () => client.send(new events.CreateArchiveCommand({ ArchiveName, EventSourceArn, ...members })),
    read: async () => planned(await client.send(new events.DescribeArchiveCommand({ ArchiveName }))),
    created: { ...described, ...members },
    update: () => client.send(new events.UpdateArchiveCommand({ ArchiveName, ...members, RetentionDays: 0 })),
    updated: { ...described, ...members, RetentionDays: 0 },
    remove: () => client.send(new events.DeleteArchiveCommand({ ArchiveName })),
    gone: "ResourceNotFoundException",
  };
}

/** The tags of a bus or a rule. */
export async function tagsOf(
  client: events.EventBridgeClient,
  ResourceARN: string,
): Promise<readonly unknown[] | undefined> {
  return (await client.send(new events.ListTagsForResourceCommand({ ResourceARN }))).Tags;
}

async function policyOf(client: events.EventBridgeClient): Promise<unknown> {
  return JSON.parse((await client.send(new events.DescribeEventBusCommand({ Name: BUS }))).Policy ?? "null");
}
