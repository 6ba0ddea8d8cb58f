import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-scheduler";
import { Router } from "../../support/router/router.ts";
import { schedulerClient } from "../../support/aws/scheduler-client.ts";

const ARN = "arn:aws:scheduler:us-east-1:000000000000";
const KEYS = `
accessKeys:
  AKIDALL: { secret: a-long-secret-of-all, statements: [{ effect: Allow, action: "scheduler:*", resource: "*" }] }
  AKIDONE:
    secret: a-long-secret-of-one
    statements: [{ effect: Allow, action: "scheduler:*", resource: "${ARN}:schedule/of_a.group-1/*" }]
`;
const Target = {
  Arn: "arn:aws:sqs:us-east-1:000000000000:ticks",
  RoleArn: "arn:aws:iam::000000000000:role/any",
};

/** The Scheduler's paths have names in them, and the ARN of a group: what is signed is their escaped form, escaped again. */
describe("The EventBridge Scheduler API, where requests are signed", { timeout: 60_000 }, () => {
  let router: Router;
  const clients: SchedulerClient[] = [];
  const clientOf = (accessKeyId: string, secretAccessKey: string): SchedulerClient => {
    const client = schedulerClient(router.publicUrl, { accessKeyId, secretAccessKey });
    clients.push(client);
    return client;
  };
  before(async () => {
    router = await Router.start({ config: "queues: { ticks: {} }" });
    await router.stop();
    const file = join(router.folder, "keys");
    await writeFile(file, KEYS);
    await router.launch({ env: { BUSBAR_ACCESS_KEYS_FILE: file } });
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await router.remove();
  });

  const schedule = (Name: string, GroupName: string) =>
    new CreateScheduleCommand({
      Name,
      GroupName,
      ScheduleExpression: "rate(1 day)",
      State: "DISABLED",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target,
    });

  it("takes a name of every character that names may have, and the ARN of a group in a path", async () => {
    const client = clientOf("AKIDALL", "a-long-secret-of-all");
    const group = { Name: "of_a.group-1" };
    const { ScheduleGroupArn: ResourceArn } = await client.send(new CreateScheduleGroupCommand(group));
    assert.equal(ResourceArn, `${ARN}:schedule-group/of_a.group-1`);
    await client.send(schedule("..-_A9", group.Name));
    const named = { Name: "..-_A9", GroupName: group.Name };
    assert.equal((await client.send(new GetScheduleCommand(named))).Arn, `${ARN}:schedule/of_a.group-1/..-_A9`);
    const listed = await client.send(new ListSchedulesCommand({ NamePrefix: "..-_", MaxResults: 1 }));
    assert.equal(listed.Schedules?.length, 1);
    const tag = { Key: "team & co/ü +%2F", Value: "a=b" };
    await client.send(new TagResourceCommand({ ResourceArn, Tags: [tag, { Key: "b", Value: "1" }] }));
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: [tag.Key] }));
    const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceArn }));
    assert.deepEqual(Tags, [{ Key: "b", Value: "1" }]);
    await client.send(new DeleteScheduleCommand(named));
  });

  it("proves the sender of a name that has to be escaped before it says what is wrong with the name", async () => {
    const names = ["a b", "a+b", "a%b", "a%2Fb", "größe", "a/b", "a?b", "a#b", "a;b=c", "a*b'(c)!~"];
    const [known, unknown] = [clientOf("AKIDALL", "a-long-secret-of-all"), clientOf("AKIDALL", "another-long-secret")];
    for (const Name of names) {
      await assert.rejects(known.send(new GetScheduleCommand({ Name })), (error: Error) => {
        assert.equal(error.name, "ValidationException", `${Name}: ${error.name}`);
        assert.match(error.message, /at 'name' failed to satisfy constraint/);
        assert.ok(error.message.includes(`Value '${Name}'`), error.message);
        return true;
      });
      await assert.rejects(unknown.send(new GetScheduleCommand({ Name })), { name: "InvalidSignatureException" });
    }
  });

  it("asks the policy for the schedule that the path names, in the group that the query names", async () => {
    const client = clientOf("AKIDONE", "a-long-secret-of-one");
    await client.send(schedule("mine", "of_a.group-1"));
    await client.send(new GetScheduleCommand({ Name: "mine", GroupName: "of_a.group-1" }));
    await assert.rejects(client.send(new GetScheduleCommand({ Name: "mine" })), { name: "AccessDeniedException" });
    await assert.rejects(client.send(schedule("mine", "default")), { name: "AccessDeniedException" });
  });
});
