import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  type EventBridgeClient,
  ListEventBusesCommand,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventBusCommand,
} from "@aws-sdk/client-eventbridge";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { load, withFolder } from "../../support/config-folder.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { schedulerClient } from "../../support/aws/scheduler-client.ts";
import { CreateScheduleCommand, CreateScheduleGroupCommand } from "@aws-sdk/client-scheduler";
import { Router } from "../../support/router/router.ts";

const CONFIG = `
queues:
  orders: {}
  failed: {}
rules:
  of-a-file: { eventPattern: { source: [file] }, targets: { keep: { queue: orders } } }
eventBuses:
  bus-of-a-file: {}
`;
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders";
const PATTERN = '{ "source": ["api"] }';

function fails(promise: Promise<unknown>, name: string, message: string | RegExp): Promise<void> {
  return assert.rejects(promise, { name, message });
}

describe("Buses, rules and targets over the EventBridge API", { timeout: 120_000 }, () => {
  let router: Router;
  let client: EventBridgeClient;
  before(async () => {
    router = await Router.start({ config: CONFIG });
    client = eventsClient(router.publicUrl);
  });
  after(async () => {
    client.destroy();
    await router.remove();
  });

  it("A rule that was put is in force when the call returns, and is there after a restart", async () => {
    const put = await client.send(
      new PutRuleCommand({ Name: "kept", EventPattern: PATTERN, RoleArn: "arn:aws:iam::1:role/r" }),
    );
    assert.equal(put.RuleArn, "arn:aws:events:us-east-1:000000000000:rule/kept");
    const target = { Id: "q", Arn: QUEUE, RoleArn: "arn:aws:iam::1:role/t", InputPath: "$.detail" };
    const answer = await client.send(new PutTargetsCommand({ Rule: "kept", Targets: [target] }));
    assert.deepEqual([answer.FailedEntryCount, answer.FailedEntries], [0, []]);
    await router.put([{ source: "api", detail: { first: true } }]);
    assert.deepEqual(
      (await router.receive("orders")).map(({ body }) => body),
      ['{"first":true}'],
    );

    await router.stop();
    await router.launch();
    client.destroy();
    client = eventsClient(router.publicUrl);
    await router.put([{ source: "api", detail: { second: true } }]);
    assert.deepEqual(
      (await router.receive("orders")).map(({ body }) => body),
      ['{"second":true}'],
    );
    const described = await client.send(new DescribeRuleCommand({ Name: "kept" }));
    delete (described as { $metadata?: unknown }).$metadata;
    assert.deepEqual(described, {
      Name: "kept",
      Arn: "arn:aws:events:us-east-1:000000000000:rule/kept",
      EventPattern: PATTERN,
      State: "ENABLED",
      RoleArn: "arn:aws:iam::1:role/r",
      EventBusName: "default",
      CreatedBy: "000000000000",
    });
    const { Targets } = await client.send(new ListTargetsByRuleCommand({ Rule: "kept" }));
    assert.deepEqual(Targets, [target]);
  });

  it("PutRule replaces all of a rule but its targets and tags", async () => {
    const first = { Name: "again", EventPattern: PATTERN, Description: "first", Tags: [{ Key: "a", Value: "1" }] };
    await client.send(new PutRuleCommand({ ...first, State: "DISABLED" }));
    await client.send(new PutTargetsCommand({ Rule: "again", Targets: [{ Id: "q", Arn: QUEUE }] }));
    await client.send(new PutRuleCommand({ Name: "again", EventPattern: PATTERN, Tags: [{ Key: "b", Value: "2" }] }));
    const { State, Description } = await client.send(new DescribeRuleCommand({ Name: "again" }));
    assert.deepEqual([State, Description], ["ENABLED", undefined]);
    const { Targets } = await client.send(new ListTargetsByRuleCommand({ Rule: "again" }));
    assert.equal(Targets?.length, 1);
    const ResourceARN = "arn:aws:events:us-east-1:000000000000:rule/again";
    const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN }));
    assert.deepEqual(Tags, [{ Key: "a", Value: "1" }]);
  });

  it("A disabled rule matches nothing until it is enabled", async () => {
    await client.send(new PutRuleCommand({ Name: "switched", EventPattern: '{"source":["switch"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "switched", Targets: [{ Id: "q", Arn: QUEUE }] }));
    await client.send(new DisableRuleCommand({ Name: "switched" }));
    await router.put([{ source: "switch", detail: { n: 1 } }]);
    await client.send(new EnableRuleCommand({ Name: "switched" }));
    await router.put([{ source: "switch", detail: { n: 2 } }]);
    const bodies = (await router.receive("orders")).map(({ body }) => (JSON.parse(body) as { detail: unknown }).detail);
    assert.deepEqual(bodies, [{ n: 2 }]);
  });

  it("A bus is made, has rules of its own, is described, tagged, updated and deleted once it has no rules", async () => {
    const made = await client.send(
      new CreateEventBusCommand({ Name: "shop", Description: "orders", Tags: [{ Key: "t", Value: "1" }] }),
    );
    const arn = "arn:aws:events:us-east-1:000000000000:event-bus/shop";
    assert.deepEqual([made.EventBusArn, made.Description], [arn, "orders"]);
    await fails(
      client.send(new CreateEventBusCommand({ Name: "shop" })),
      "ResourceAlreadyExistsException",
      "Event bus shop already exists.",
    );
    await client.send(new PutRuleCommand({ Name: "kept", EventBusName: arn, EventPattern: PATTERN }));
    await client.send(
      new PutTargetsCommand({ Rule: "kept", EventBusName: "shop", Targets: [{ Id: "q", Arn: QUEUE }] }),
    );
    await router.put([{ source: "api", detail: { on: "shop" }, bus: "shop" }]);
    assert.equal((await router.receive("orders")).length, 1);
    const { Rules } = await client.send(new ListRulesCommand({ EventBusName: "shop" }));
    assert.deepEqual(
      Rules?.map(({ Arn }) => Arn),
      ["arn:aws:events:us-east-1:000000000000:rule/shop/kept"],
    );
    const byTarget = await client.send(new ListRuleNamesByTargetCommand({ TargetArn: QUEUE, EventBusName: "shop" }));
    assert.deepEqual(byTarget.RuleNames, ["kept"]);

    const updated = await client.send(new UpdateEventBusCommand({ Name: "shop", Description: "" }));
    assert.deepEqual([updated.Name, updated.Description], ["shop", undefined]);
    const described = await client.send(new DescribeEventBusCommand({ Name: arn }));
    assert.equal(described.Description, undefined);
    assert.ok((described.LastModifiedTime ?? 0) >= (described.CreationTime ?? 1));
    const ResourceARN = "arn:aws:events:us-east-1:000000000000:rule/shop/kept";
    await client.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "k", Value: "v" }] }));
    await client.send(
      new TagResourceCommand({
        ResourceARN: arn,
        Tags: [
          { Key: "t", Value: "2" },
          { Key: "u", Value: "" },
        ],
      }),
    );
    await client.send(new UntagResourceCommand({ ResourceARN: arn, TagKeys: ["absent", "u"] }));
    assert.deepEqual((await client.send(new ListTagsForResourceCommand({ ResourceARN: arn }))).Tags, [
      { Key: "t", Value: "2" },
    ]);
    assert.deepEqual((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags, [
      { Key: "k", Value: "v" },
    ]);

    await fails(
      client.send(new DeleteEventBusCommand({ Name: "shop" })),
      "ValidationException",
      "EventBus can't be deleted since it has rules.",
    );
    const rule = { EventBusName: "shop" };
    await fails(
      client.send(new DeleteRuleCommand({ Name: "kept", ...rule })),
      "ValidationException",
      "Rule can't be deleted since it has targets.",
    );
    await client.send(new RemoveTargetsCommand({ Rule: "kept", Ids: ["q", "unknown"], ...rule }));
    await client.send(new DeleteRuleCommand({ Name: "kept", ...rule }));
    await client.send(new DeleteRuleCommand({ Name: "kept", ...rule }));
    await client.send(new DeleteEventBusCommand({ Name: "shop" }));
    await client.send(new DeleteEventBusCommand({ Name: "shop" }));
    await fails(
      client.send(new DescribeEventBusCommand({ Name: "shop" })),
      "ResourceNotFoundException",
      "Event bus shop does not exist.",
    );
  });

  it("What a file has is read-only over the API, and the error says where it stands", async () => {
    const managed = /^Rule of-a-file is managed by a configuration file \(.*busbar\.yaml:6:3\): change it there\.$/;
    const Rule = "of-a-file";
    await fails(
      client.send(new PutRuleCommand({ Name: Rule, EventPattern: PATTERN })),
      "ManagedRuleException",
      managed,
    );
    await fails(client.send(new DeleteRuleCommand({ Name: Rule })), "ManagedRuleException", managed);
    await fails(client.send(new EnableRuleCommand({ Name: Rule })), "ManagedRuleException", managed);
    await fails(client.send(new DisableRuleCommand({ Name: Rule })), "ManagedRuleException", managed);
    const Targets = [{ Id: "q", Arn: QUEUE }];
    await fails(client.send(new PutTargetsCommand({ Rule, Targets })), "ManagedRuleException", managed);
    await fails(client.send(new RemoveTargetsCommand({ Rule, Ids: ["keep"] })), "ManagedRuleException", managed);
    const Name = "bus-of-a-file";
    await fails(client.send(new DeleteEventBusCommand({ Name })), "OperationDisabledException", /busbar\.yaml:8:3/);
    await fails(client.send(new UpdateEventBusCommand({ Name })), "OperationDisabledException", /busbar\.yaml:8:3/);
    await fails(
      client.send(new CreateEventBusCommand({ Name })),
      "ResourceAlreadyExistsException",
      "Event bus bus-of-a-file already exists.",
    );
    await client.send(new PutRuleCommand({ Name: "on-it", EventBusName: Name, EventPattern: PATTERN }));
  });

  it("A target that is not there is accepted, and each delivery to it becomes a dead letter that says so", async () => {
    await client.send(new PutRuleCommand({ Name: "gone", EventPattern: '{"source":["gone"]}' }));
    const Targets = [
      { Id: "bus", Arn: "arn:aws:events:us-east-1:000000000000:event-bus/none" },
      { Id: "fn", Arn: "arn:aws:lambda:us-east-1:000000000000:function:none" },
      { Id: "machine", Arn: "arn:aws:states:us-east-1:000000000000:stateMachine:none" },
    ];
    const DeadLetterConfig = { Arn: "arn:aws:sqs:us-east-1:000000000000:failed" };
    const withQueue = Targets.map((target) => ({ ...target, DeadLetterConfig }));
    await client.send(new PutTargetsCommand({ Rule: "gone", Targets: withQueue }));
    await router.put([{ source: "gone", detail: {} }]);
    const letters = await router.receive("failed");
    assert.deepEqual(letters.map(({ headers }) => headers["TARGET_ARN"]).sort(), Targets.map(({ Arn }) => Arn).sort());
    assert.deepEqual(new Set(letters.map(({ headers }) => headers["ERROR_CODE"])), new Set(["NO_RESOURCE"]));
  });

  it("A bus, rule or target that is wrong is refused in AWS's words", async () => {
    const rule = (input: Partial<PutRuleCommand["input"]>) => client.send(new PutRuleCommand({ Name: "x", ...input }));
    await fails(rule({}), "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    await fails(rule({ EventPattern: "[]" }), "InvalidEventPatternException", /^Event pattern is not valid\. Reason: /);
    await fails(
      rule({ EventPattern: PATTERN, EventBusName: "none" }),
      "ResourceNotFoundException",
      "Event bus none does not exist.",
    );
    await fails(
      rule({ ScheduleExpression: "often" }),
      "ValidationException",
      "Parameter ScheduleExpression is not valid.",
    );
    await fails(
      rule({ ScheduleExpression: "rate(1 hour)", EventBusName: "bus-of-a-file" }),
      "ValidationException",
      "ScheduleExpression is supported only on the default event bus.",
    );
    await fails(
      rule({ ScheduleExpression: "at(2030-01-01T00:00:00)" }),
      "ValidationException",
      "Parameter ScheduleExpression is not valid.",
    );
    await fails(
      client.send(new DeleteEventBusCommand({ Name: "default" })),
      "ValidationException",
      "Cannot delete event bus default.",
    );
    await fails(
      client.send(new EnableRuleCommand({ Name: "none" })),
      "ResourceNotFoundException",
      "Rule none does not exist on EventBus default.",
    );

    await rule({ EventPattern: PATTERN });
    const put = (...Targets: NonNullable<PutTargetsCommand["input"]["Targets"]>) =>
      client.send(new PutTargetsCommand({ Rule: "x", Targets }));
    const six = [1, 2, 3, 4, 5, 6].map((n) => ({ Id: `t${n}`, Arn: QUEUE }));
    await fails(put(...six), "LimitExceededException", "The requested resource exceeds the maximum number allowed.");
    await fails(
      put({ Id: "!", Arn: QUEUE }),
      "ValidationException",
      "1 validation error detected: Value '!' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
    );
    await fails(
      put({ Id: "t", Arn: QUEUE, Input: "1", InputPath: "$" }),
      "ValidationException",
      "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
    );
    await fails(
      put({ Id: "t", Arn: QUEUE, InputTransformer: { InputTemplate: "<n>" } }),
      "ValidationException",
      "InputTemplate for target t contains invalid placeholder n.",
    );
    await fails(
      put({ Id: "t", Arn: "orders" }),
      "ValidationException",
      "Parameter ARN is not valid. Reason: Provided Arn is not in correct format.",
    );
    await fails(
      put({ Id: "t", Arn: "arn:aws:s3:::bucket" }),
      "ValidationException",
      "s3 is not a supported service for a target.",
    );
    await fails(
      put({ Id: "t", Arn: `${QUEUE}.fifo` }),
      "ValidationException",
      "Parameter(s) SqsParameters must be specified for target: t.",
    );
    assert.deepEqual((await client.send(new ListTargetsByRuleCommand({ Rule: "x" }))).Targets, []);
  });

  it("Listings page over what files and the API have", async () => {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new ListRulesCommand({ Limit: 2, ...(NextToken === undefined ? {} : { NextToken }) }),
      );
      names.push(...(page.Rules ?? []).map(({ Name }) => Name ?? ""));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    assert.deepEqual(names, [...names].sort());
    assert.ok(names.includes("of-a-file") && names.includes("kept"));
    const { EventBuses } = await client.send(new ListEventBusesCommand({}));
    assert.deepEqual(
      EventBuses?.map(({ Name }) => Name),
      ["bus-of-a-file", "default"],
    );
  });

  it("What busbar export prints is a file that says the same", async () => {
    await client.send(new CreateEventBusCommand({ Name: "exported", Description: "of the API" }));
    await client.send(new PutRuleCommand({ Name: "there", EventBusName: "exported", EventPattern: PATTERN }));
    const Targets = [
      { Id: "fixed", Arn: QUEUE, Input: '{"a":1}' },
      { Id: "made", Arn: QUEUE, InputTransformer: { InputPathsMap: { d: "$.detail" }, InputTemplate: '{"d":<d>}' } },
    ];
    await client.send(new PutTargetsCommand({ Rule: "there", EventBusName: "exported", Targets }));
    await client.send(new RemoveTargetsCommand({ Rule: "gone", Ids: ["bus", "fn", "machine"] }));
    const scheduler = schedulerClient(router.publicUrl);
    const Target = { Arn: QUEUE, RoleArn: "arn:aws:iam::000000000000:role/any", Input: '{"a": 1.0}' };
    const timed = {
      ScheduleExpression: "at(2099-01-01T00:00:00)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target,
    } as const;
    await scheduler.send(new CreateScheduleGroupCommand({ Name: "nightly" }));
    await scheduler.send(new CreateScheduleCommand({ Name: "once", ...timed }));
    await scheduler.send(new CreateScheduleCommand({ Name: "once", GroupName: "nightly", ...timed }));
    const elsewhere = { ...Target, Arn: "arn:aws:ecs:us-east-1:000000000000:cluster/c" };
    await scheduler.send(new CreateScheduleCommand({ Name: "task", ...timed, Target: elsewhere }));
    scheduler.destroy();
    const exported = await busbar(["export", "--admin-url", router.adminUrl]);
    assert.deepEqual([exported.code, exported.stderr], [0, ""]);
    const loaded = await load({ "a.yaml": CONFIG, "b.yaml": exported.stdout });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.ok(loaded.config.rules.has("exported/there") && loaded.config.rules.has("default/kept"));
    assert.deepEqual([...loaded.config.schedules.keys()], ["once", "nightly.once"]);
    assert.equal(loaded.config.schedules.get("once")?.target.inputJson, '{"a": 1.0}');
    assert.match(exported.stdout, /# schedule default\/task is left out: its target is arn:aws:ecs:/);
    assert.match(exported.stdout, /# schedule nightly\.once is nightly\/once of the API: both fire until/);
    const withoutSchedules = exported.stdout.slice(0, exported.stdout.indexOf("schedules:"));
    const rules = await load({ "a.yaml": CONFIG, "b.yaml": withoutSchedules });
    assert.ok(rules.ok);
    const listed = await fetch(`${router.adminUrl}/api/v1/configurations`);
    const { configurations } = (await listed.json()) as { configurations: { digest: string }[] };
    assert.ok(configurations.some(({ digest }) => digest === rules.config.document.digest));
  });

  it("busbar plan says what a folder would change, and what of the API stays or is taken", async () => {
    const plan = (yaml: string) =>
      withFolder({ "a.yaml": yaml }, (folder) => busbar(["plan", folder, "--admin-url", router.adminUrl]));
    const same = await plan(CONFIG);
    assert.equal(same.code, 0, same.stderr);
    assert.match(same.stdout, /^no changes\n\d+ made over the API stay as they are\n$/);
    const taken = `rules:
  kept: { eventPattern: { source: [x] }, targets: {} }`;
    const other = await plan(
      CONFIG.replace("source: [file]", "source: [other]").replace("failed", "new").replace("rules:", taken),
    );
    assert.equal(other.code, 2, other.stderr);
    assert.deepEqual(other.stdout.split("\n").slice(0, -2), [
      "- queue failed",
      "+ queue new",
      "~ rule default/kept",
      ...other.stdout.split("\n").filter((line) => line.startsWith("    ") && !line.includes("other")),
      "~ rule default/of-a-file",
      '    eventPattern.source: ["file"] → ["other"]',
      "1 to add, 2 to change, 1 to remove",
      "the folder's default/kept takes the place of what was made over the API",
    ]);
    assert.equal((await plan("rules: 5")).code, 1);
    const schedules = `schedules:
  once: { scheduleExpression: at(2098-01-01T00:00:00), target: { queue: failed } }
  over: { scheduleExpression: at(2020-01-01T00:00:00), target: { queue: failed } }
`;
    const timed = await plan(`${CONFIG}${schedules}`);
    assert.deepEqual(timed.stdout.split("\n").slice(0, 6), [
      "+ schedule once",
      "    due next: 2098-01-01T00:00:00Z",
      "+ schedule over",
      "    never due",
      "2 to add, 0 to change, 0 to remove",
      "the folder's once takes the place of what was made over the API",
    ]);
  });

  it("Changes are counted by operation and outcome", async () => {
    const counted = (labels: Record<string, string>) => router.metricSum("busbar_made_changes_total", labels);
    const before = await counted({ operation: "PutRule", outcome: "done" });
    await client.send(new PutRuleCommand({ Name: "counted", EventPattern: PATTERN }));
    await client.send(new DeleteRuleCommand({ Name: "counted" }));
    assert.equal(await counted({ operation: "PutRule", outcome: "done" }), before + 1);
    assert.ok((await counted({ operation: "PutRule", outcome: "ManagedRuleException" })) > 0);
    assert.ok((await router.metric("busbar_made_revision")) > 0);
  });

  it("A file that takes the name of a rule of the API is in force in its place, and the log says so", async () => {
    const { log } = router;
    await router.configure(
      `${CONFIG}\n  other: {}\n`.replace(
        "rules:",
        "rules:\n  kept: { eventPattern: { source: [other] }, targets: { keep: { queue: orders } } }",
      ),
    );
    await eventually("it is noticed", () =>
      log.some(({ msg }) => msg === "not all that was made over the API is in force"),
    );
    await router.configure(CONFIG);
    await eventually("the rule of the API is back", async () => {
      const { EventPattern } = await client.send(new DescribeRuleCommand({ Name: "kept" }));
      return EventPattern === PATTERN;
    });
  });
});

describe("A router without a store", { timeout: 60_000 }, () => {
  it("A change is refused with the setting that it needs, and listings work", async (t) => {
    const router = await Router.start({ config: CONFIG, env: { BUSBAR_STORE: "off" } });
    const client = eventsClient(router.publicUrl);
    t.after(() => router.remove());
    t.after(() => client.destroy());
    const message = /it needs a store, and this router has none\. Set BUSBAR_STORE /;
    await fails(
      client.send(new PutRuleCommand({ Name: "x", EventPattern: PATTERN })),
      "OperationDisabledException",
      message,
    );
    await fails(client.send(new CreateEventBusCommand({ Name: "x" })), "OperationDisabledException", message);
    assert.equal((await client.send(new ListRulesCommand({}))).Rules?.length, 1);
  });
});
