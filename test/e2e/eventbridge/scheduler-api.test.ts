import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { CreateScheduleCommandInput, SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { eventually } from "../../contract/waiting.ts";
import { Router } from "../../support/router/router.ts";
import { schedulerClient } from "../../support/aws/scheduler-client.ts";

const CONFIG = `
functions: { away: { http: { url: "http://127.0.0.1:9/" }, deadLetterConfig: { queue: own } } }
queues: { ticks: {}, failed: {}, own: {}, orders.fifo: { fifo: true } }
rules:
  seen: { eventPattern: { source: [shop.calendar] }, targets: { t: { queue: ticks } } }
schedules:
  of-a-file: { scheduleExpression: rate(1 day), target: { queue: ticks, input: { by: file } } }
`;
const ARN = "arn:aws:scheduler:us-east-1:000000000000:schedule/default";
const RoleArn = "arn:aws:iam::000000000000:role/any";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:ticks";

function schedule(changes: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput {
  return {
    Name: "one",
    ScheduleExpression: "rate(1 day)",
    State: "DISABLED",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: { Arn: QUEUE, RoleArn },
    ...changes,
  };
}

function fails(promise: Promise<unknown>, name: string, message: string | RegExp): Promise<void> {
  return assert.rejects(promise, { name, message });
}

describe("The EventBridge Scheduler API", { timeout: 120_000 }, () => {
  let router: Router;
  let client: SchedulerClient;
  before(async () => {
    router = await Router.start({ config: CONFIG });
    client = schedulerClient(router.publicUrl);
  });
  after(async () => {
    client.destroy();
    await router.remove();
  });

  const create = (changes?: Partial<CreateScheduleCommandInput>) =>
    client.send(new CreateScheduleCommand(schedule(changes)));

  it("a schedule comes back as it was given, with AWS's defaults, and is replaced whole", async () => {
    const whole = {
      Name: "whole",
      Description: "all of it",
      ScheduleExpression: "cron(0 9 ? * MON-FRI *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      StartDate: new Date("2030-01-01T00:00:00Z"),
      EndDate: new Date("2031-01-01T00:00:00Z"),
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
      ActionAfterCompletion: "DELETE",
      Target: {
        Arn: "arn:aws:ecs:us-east-1:000000000000:cluster/c",
        RoleArn,
        Input: '{ "a": 1.0 }',
        RetryPolicy: { MaximumRetryAttempts: 3 },
        DeadLetterConfig: { Arn: "arn:aws:sqs:us-east-1:000000000000:failed" },
        EcsParameters: { TaskDefinitionArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/t", TaskCount: 2 },
      },
    } satisfies CreateScheduleCommandInput;
    const created = await client.send(new CreateScheduleCommand(whole));
    assert.equal(created.ScheduleArn, `${ARN}/whole`);
    const {
      $metadata: _,
      CreationDate,
      LastModificationDate,
      ...shown
    } = await client.send(new GetScheduleCommand({ Name: "whole" }));
    assert.ok(CreationDate !== undefined && Math.abs(CreationDate.getTime() - Date.now()) < 60_000);
    assert.deepEqual(LastModificationDate, CreationDate);
    assert.deepEqual(shown, {
      ...whole,
      Arn: `${ARN}/whole`,
      GroupName: "default",
      State: "ENABLED",
      Target: { ...whole.Target, RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 86_400 } },
    });

    await client.send(new UpdateScheduleCommand(schedule({ Name: "whole" })));
    const replaced = await client.send(new GetScheduleCommand({ Name: "whole" }));
    assert.deepEqual(
      [replaced.Description, replaced.StartDate, replaced.ScheduleExpressionTimezone, replaced.State],
      [undefined, undefined, "UTC", "DISABLED"],
    );
    assert.deepEqual([replaced.ActionAfterCompletion, replaced.FlexibleTimeWindow], ["NONE", { Mode: "OFF" }]);
    assert.deepEqual(replaced.CreationDate, CreationDate);
    await client.send(new DeleteScheduleCommand({ Name: "whole" }));
    await fails(
      client.send(new GetScheduleCommand({ Name: "whole" })),
      "ResourceNotFoundException",
      "Schedule whole does not exist.",
    );
  });

  it("a request that comes again with its token is answered as the first time, and another one conflicts", async () => {
    const first = await create({ Name: "again", ClientToken: "token-1" });
    assert.equal((await create({ Name: "again", ClientToken: "token-1" })).ScheduleArn, first.ScheduleArn);
    const exists = "Schedule again already exists.";
    await fails(create({ Name: "again", ClientToken: "token-2" }), "ConflictException", exists);
    await fails(create({ Name: "again", ClientToken: "token-1", Description: "x" }), "ConflictException", exists);
  });

  it("what is wrong is refused in AWS's words, before anything is looked up", async () => {
    const invalid = (changes: Partial<CreateScheduleCommandInput>, message: string | RegExp) =>
      fails(create({ Name: "wrong", ...changes }), "ValidationException", message);
    for (const expression of ["rate(0 minutes)", "cron(* * * * * *)", "at(2030-02-30T00:00:00)", "often"])
      await invalid({ ScheduleExpression: expression }, `Invalid Schedule Expression ${expression}.`);
    await invalid({ ScheduleExpressionTimezone: "Moon/Base" }, /Moon\/Base is not valid/);
    await invalid(
      { StartDate: new Date(Date.now() - 600_000) },
      "The StartDate you specify cannot be earlier than 5 minutes ago.",
    );
    await invalid({ StartDate: new Date("2031-01-01"), EndDate: new Date("2030-01-01") }, /EndDate/);
    await invalid(
      { FlexibleTimeWindow: { Mode: "FLEXIBLE" } },
      "1 validation error detected: Value null at 'flexibleTimeWindow.maximumWindowInMinutes' failed to satisfy constraint: Member must not be null",
    );
    await invalid(
      { Name: "no spaces", Target: { Arn: QUEUE, RoleArn: "role" } },
      /^2 validation errors detected: Value 'no spaces' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: \^\[0-9a-zA-Z-_\.\]\+\$; Value 'role' at 'target\.roleArn' failed/,
    );
    await invalid(
      { GroupName: "none", ScheduleExpression: undefined },
      "1 validation error detected: Value null at 'scheduleExpression' failed to satisfy constraint: Member must not be null",
    );
    await invalid({ Target: { Arn: "queue", RoleArn } }, "Provided Arn is not in correct format.");
    const bus = { Arn: "arn:aws:events:us-east-1:000000000000:event-bus/default", RoleArn };
    await invalid({ Target: bus }, /EventBridgeParameters/);
    await invalid(
      { Target: { ...bus, EventBridgeParameters: { Source: "aws.x", DetailType: "T" } } },
      /'target\.eventBridgeParameters\.source'/,
    );
    const fifo = { Arn: "arn:aws:sqs:us-east-1:000000000000:orders.fifo", RoleArn };
    await invalid({ Target: fifo }, /SqsParameters with a MessageGroupId must be specified/);
    await invalid({ Target: { ...fifo, SqsParameters: {} } }, /SqsParameters with a MessageGroupId must be specified/);
    await fails(create({ GroupName: "none" }), "ResourceNotFoundException", "Schedule group none does not exist.");
    const missing = "Schedule none does not exist.";
    await fails(
      client.send(new UpdateScheduleCommand(schedule({ Name: "none" }))),
      "ResourceNotFoundException",
      missing,
    );
    await fails(client.send(new DeleteScheduleCommand({ Name: "none" })), "ResourceNotFoundException", missing);
    const answer = await fetch(`${router.publicUrl}/schedules/none`);
    assert.deepEqual(
      [answer.status, answer.headers.get("x-amzn-errortype"), await answer.json()],
      [404, "ResourceNotFoundException", { Message: missing }],
    );
    assert.equal((await fetch(`${router.publicUrl}/schedules/none`, { method: "PATCH" })).status, 400);
  });

  it("schedules are listed by group and name, a page at a time, and die with their group", async () => {
    const group = await client.send(
      new CreateScheduleGroupCommand({ Name: "nightly", Tags: [{ Key: "team", Value: "ops" }] }),
    );
    assert.equal(group.ScheduleGroupArn, "arn:aws:scheduler:us-east-1:000000000000:schedule-group/nightly");
    for (const name of ["a", "b", "c"]) await create({ Name: `list-${name}` });
    for (const name of ["a", "b", "c", "d"]) await create({ Name: `list-${name}`, GroupName: "nightly" });
    await create({ Name: "list-on", GroupName: "nightly", State: "ENABLED", StartDate: new Date("2100-01-01") });
    const listed = async (input: object): Promise<string[]> => {
      const names: string[] = [];
      for (let NextToken: string | undefined, at = 0; at === 0 || NextToken !== undefined; at++) {
        const page = await client.send(new ListSchedulesCommand({ MaxResults: 2, ...input, NextToken }));
        assert.ok((page.Schedules?.length ?? 0) <= 2);
        for (const { GroupName, Name } of page.Schedules ?? []) names.push(`${GroupName}/${Name}`);
        NextToken = page.NextToken;
      }
      return names;
    };
    const ofNightly = ["a", "b", "c", "d", "on"].map((name) => `nightly/list-${name}`);
    const ofDefault = ["a", "b", "c"].map((name) => `default/list-${name}`);
    assert.deepEqual(await listed({ NamePrefix: "list-" }), [...ofDefault, ...ofNightly]);
    assert.deepEqual(await listed({ GroupName: "nightly" }), ofNightly);
    assert.deepEqual(await listed({ State: "ENABLED" }), ["default/of-a-file", "nightly/list-on"]);
    await fails(listed({ GroupName: "none" }), "ResourceNotFoundException", "Schedule group none does not exist.");
    const wrong = client.send(new ListSchedulesCommand({ NextToken: "x" }));
    await fails(wrong, "ValidationException", "Parameter NextToken is not valid.");

    const groups = await client.send(new ListScheduleGroupsCommand({}));
    assert.deepEqual(
      groups.ScheduleGroups?.map(({ Name, State }) => [Name, State]),
      [
        ["default", "ACTIVE"],
        ["nightly", "ACTIVE"],
      ],
    );
    const ResourceArn = group.ScheduleGroupArn;
    await client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "a", Value: "1" }] }));
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["team", "none"] }));
    const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceArn }));
    assert.deepEqual(Tags, [{ Key: "a", Value: "1" }]);
    await fails(
      client.send(new ListTagsForResourceCommand({ ResourceArn: `${ARN}/list-a` })),
      "ValidationException",
      /'resourceArn' failed to satisfy constraint/,
    );
    await fails(
      client.send(new CreateScheduleGroupCommand({ Name: "nightly" })),
      "ConflictException",
      "Schedule group nightly already exists.",
    );

    await client.send(new DeleteScheduleGroupCommand({ Name: "nightly" }));
    await eventually("the group is gone", () =>
      client.send(new GetScheduleGroupCommand({ Name: "nightly" })).then(
        () => false,
        (error: unknown) => (error as Error).name === "ResourceNotFoundException",
      ),
    );
    assert.deepEqual(await listed({ NamePrefix: "list-" }), ofDefault);
    await fails(
      client.send(new DeleteScheduleGroupCommand({ Name: "default" })),
      "ValidationException",
      "Cannot delete the default schedule group.",
    );
  });

  it("a schedule of a file is shown, and is changed in its file only", async () => {
    const shown = await client.send(new GetScheduleCommand({ Name: "of-a-file" }));
    assert.deepEqual(
      [shown.Arn, shown.ScheduleExpression, shown.Target?.Arn, shown.Target?.Input],
      [`${ARN}/of-a-file`, "rate(1 day)", QUEUE, '{"by":"file"}'],
    );
    const update = client.send(new UpdateScheduleCommand(schedule({ Name: "of-a-file" })));
    await fails(update, "OperationDisabledException", /a configuration file has it \(.*busbar\.yaml:7:3\)/);
    await fails(create({ Name: "of-a-file" }), "ConflictException", "Schedule of-a-file already exists.");
  });

  it("a rate is due at its creation; queues and buses get its input, and what is not there becomes a dead letter", async () => {
    const due = { ScheduleExpression: "rate(1 hour)", State: "ENABLED" } as const;
    const Input = '{"arn":"<aws.scheduler.schedule-arn>","try":"<aws.scheduler.attempt-number>"}';
    await create({ Name: "fires", ...due, Target: { Arn: QUEUE, RoleArn, Input } });
    await eventually("it has fired", async () => (await router.depth("ticks")) === 1);
    const [message] = await router.receive("ticks");
    assert.deepEqual(JSON.parse(message?.body ?? ""), { arn: `${ARN}/fires`, try: "1" });
    assert.equal(message?.headers["busbar-schedule"], "fires");

    const bus = {
      Arn: "arn:aws:events:us-east-1:000000000000:event-bus/default",
      RoleArn,
      Input: '{"percent":20}',
      EventBridgeParameters: { Source: "shop.calendar", DetailType: "SaleBegins" },
    };
    await create({ Name: "on-a-bus", ...due, Target: bus });
    await eventually("its event met the rule", async () => (await router.depth("ticks")) === 1);
    const [event] = await router.receive("ticks");
    const { source, detail, resources } = JSON.parse(event?.body ?? "") as Record<string, unknown>;
    assert.deepEqual([source, detail, resources], ["shop.calendar", { percent: 20 }, [`${ARN}/on-a-bus`]]);

    await create({
      Name: "to-nobody",
      ...due,
      Target: {
        Arn: "arn:aws:lambda:us-east-1:000000000000:function:none",
        RoleArn,
        DeadLetterConfig: { Arn: "arn:aws:sqs:us-east-1:000000000000:failed" },
      },
    });
    await eventually("its dead letter is there", async () => (await router.depth("failed")) === 1);
    const [letter] = await router.receive("failed");
    assert.equal(letter?.headers["SCHEDULE_ARN"], `${ARN}/to-nobody`);
    assert.equal(letter.headers["ERROR_CODE"], "NO_RESOURCE");
  });

  it("a message for a FIFO queue has the target's message group", async () => {
    const Target = {
      Arn: "arn:aws:sqs:us-east-1:000000000000:orders.fifo",
      RoleArn,
      Input: "{}",
      SqsParameters: { MessageGroupId: "nightly" },
    };
    await create({ Name: "in-order", ScheduleExpression: "rate(1 hour)", State: "ENABLED", Target });
    await eventually("it has fired", async () => (await router.depth("orders.fifo")) === 1);
    const [message] = await router.receive("orders.fifo");
    assert.equal(message?.headers["busbar-message-group-id"], "nightly");
    assert.equal(message.headers["busbar-deduplication-id"], message.id);
  });

  it("a function that is not reached has the schedule's retries, and then is its dead letter with all attributes", async () => {
    const Target = {
      Arn: "arn:aws:lambda:us-east-1:000000000000:function:away",
      RoleArn,
      Input: '{"a":1}',
      RetryPolicy: { MaximumRetryAttempts: 1 },
      DeadLetterConfig: { Arn: "arn:aws:sqs:us-east-1:000000000000:failed" },
    };
    await create({ Name: "unreached", ScheduleExpression: "rate(1 hour)", State: "ENABLED", Target });
    await eventually("its dead letter is there", async () => (await router.depth("failed")) === 1, 30_000);
    const [letter] = await router.receive("failed");
    assert.ok(letter !== undefined);
    assert.equal(letter.body, '{"a":1}');
    const { SCHEDULED_TIME, EXECUTION_ID, ERROR_MESSAGE, ...others } = Object.fromEntries(
      Object.entries(letter.headers).filter(([name]) => /^[A-Z]/.test(name)),
    );
    assert.match(String(SCHEDULED_TIME), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(String(EXECUTION_ID), /^[0-9a-f]{16}$/);
    assert.match(String(ERROR_MESSAGE), /ECONNREFUSED/);
    assert.deepEqual(others, {
      SCHEDULE_ARN: `${ARN}/unreached`,
      TARGET_ARN: Target.Arn,
      IS_PAYLOAD_TRUNCATED: "false",
      ERROR_CODE: "CONNECTION_FAILURE",
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
      RETRY_ATTEMPTS: 1,
    });
    assert.equal(await router.depth("own"), 0);
  });

  it("a one-time schedule fires once, at its time, and is deleted after it where it says so", async () => {
    const atMs = Math.ceil(Date.now() / 1_000) * 1_000 + 1_000;
    const expression = `at(${new Date(atMs).toISOString().slice(0, 19)})`;
    const Target = { Arn: QUEUE, RoleArn, Input: "<aws.scheduler.scheduled-time>" };
    const once = { ScheduleExpression: expression, State: "ENABLED", Target } as const;
    await create({ Name: "once-gone", ...once, ActionAfterCompletion: "DELETE" });
    await create({ Name: "once-kept", ...once });
    await eventually("both have fired", async () => (await router.depth("ticks")) === 2);
    assert.ok(Date.now() >= atMs);
    const bodies = (await router.receive("ticks")).map(({ body }) => body);
    assert.deepEqual(
      bodies,
      Array.from({ length: 2 }, () => new Date(atMs).toISOString().replace(".000", "")),
    );
    const left = async () => {
      const { Schedules } = await client.send(new ListSchedulesCommand({ NamePrefix: "once-" }));
      return Schedules?.map(({ Name }) => Name).join();
    };
    await eventually("the one is deleted", async () => (await left()) === "once-kept");
  });
});

describe("The EventBridge Scheduler API without a store", { timeout: 60_000 }, () => {
  it("reads schedules of files, and refuses changes with the setting that is missing", async (t) => {
    const router = await Router.start({ config: CONFIG, env: { BUSBAR_STORE: "off" } });
    t.after(() => router.remove());
    const client = schedulerClient(router.publicUrl);
    t.after(() => client.destroy());
    const { Schedules } = await client.send(new ListSchedulesCommand({}));
    assert.deepEqual(
      Schedules?.map(({ Name }) => Name),
      ["of-a-file"],
    );
    const refused = client.send(new CreateScheduleCommand(schedule()));
    await fails(refused, "OperationDisabledException", /CreateSchedule is disabled: .*BUSBAR_STORE/);
  });
});
