import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CancelReplayCommand,
  CreateArchiveCommand,
  CreateEventBusCommand,
  DeleteArchiveCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeArchiveCommand,
  DescribeReplayCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  type EventBridgeClient,
  ListArchivesCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  UpdateArchiveCommand,
} from "@aws-sdk/client-eventbridge";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

const CONFIG = `
eventBuses:
  orders: { retention: { days: 7 } }
archives:
  of-a-file: { bus: default, eventPattern: { source: [file] } }
`;
const BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default";
const PATTERN = '{ "source": ["shop"] }';
/** For a RabbitMQ that has no virtual hosts to give. */
const STREAMS = ["7d.0b.orders", "0d.0b.of-a-file", "3d.0b.shop", "0d.0b.shop", "0d.0b.new"].map(
  (name) => `busbar.archive.${name}`,
);
const RULE = "Events-Archive-shop";

function fails(promise: Promise<unknown>, name: string, message: string | RegExp): Promise<void> {
  return assert.rejects(promise, { name, message });
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`Archives over the EventBridge API, ${kind}`, { timeout: 120_000 }, () => {
    let router: Router;
    let client: EventBridgeClient;
    const endings: (() => Promise<unknown>)[] = [];
    before(async () => {
      const vhost = async () => ({
        BUSBAR_BROKER: await freshVhost({ after: (ending) => void endings.push(ending) }, STREAMS),
        BUSBAR_STORE: "embedded",
      });
      router = await Router.start({ config: CONFIG, env: kind === "embedded" ? {} : await vhost() });
      client = eventsClient(router.publicUrl);
    });
    after(async () => {
      client.destroy();
      await router.remove();
      for (const end of endings) await end();
    });

    const describeArchive = (name: string) => client.send(new DescribeArchiveCommand({ ArchiveName: name }));

    it("An archive keeps what fits it, through a kill, until it is deleted with all of it", async () => {
      const given = {
        ArchiveName: "shop",
        EventSourceArn: BUS,
        Description: "of the shop",
        EventPattern: PATTERN,
        RetentionDays: 3,
      };
      const created = await client.send(new CreateArchiveCommand(given));
      assert.equal(created.ArchiveArn, "arn:aws:events:us-east-1:000000000000:archive/shop");
      assert.equal(created.State, "ENABLED");
      assert.ok(Math.abs(created.CreationTime!.getTime() - Date.now()) < 60_000);
      const packed = kind === "RabbitMQ" ? 2 : 0;
      if (packed > 0) await eventually("packs", async () => (await router.metric("busbar_archive_packing")) === 1);
      const put = await router.put(["shop", "other", "shop"].map((source) => ({ source, detail: {} })));
      assert.equal(put.status, 200);
      assert.equal(await router.metric("busbar_packed_archived_events_total"), packed);
      await eventually("two are counted", async () => (await describeArchive("shop")).EventCount === 2);
      await router.kill();
      await router.launch();
      client.destroy();
      client = eventsClient(router.publicUrl);
      const isCounted = async () => (await describeArchive("shop")).EventCount === 2;
      await eventually("two are counted after a kill", isCounted);
      const { $metadata: _, SizeBytes: size, ...described } = await describeArchive("shop");
      assert.ok(size! > 200 && size! < 1_000, `${size} bytes`);
      const { ArchiveArn, State, CreationTime } = created;
      assert.deepEqual(described, { ...given, ArchiveArn, State, CreationTime, EventCount: 2 });
      assert.equal(await router.metricSum("busbar_events_archived_total", { archive: "shop" }), 0);
      await router.put([{ source: "shop", detail: {} }]);
      assert.equal(await router.metricSum("busbar_events_archived_total", { archive: "shop" }), 1);

      const shown = await busbar(["archives", "show", "shop", "--admin-url", router.adminUrl]);
      assert.match(
        shown.stdout,
        /shop +default +3 +- +\d+ +\d+ +20\S+Z +20\S+Z[^]*keeps { "source": \["shop"\] }[^]*made over the API/,
      );
      const exported = await busbar(["export", "--admin-url", router.adminUrl]);
      assert.match(
        exported.stdout,
        /archives:\n {2}shop:\n {4}bus: default\n {4}description: of the shop\n {4}eventPattern:/,
      );

      await client.send(new DeleteArchiveCommand({ ArchiveName: "shop" }));
      await fails(describeArchive("shop"), "ResourceNotFoundException", "Archive shop does not exist.");
      await client.send(new CreateArchiveCommand(given));
      assert.equal((await describeArchive("shop")).EventCount, 0);
    });

    it("An archive that is being replayed is not deleted until the replay has ended", async () => {
      const created = { ArchiveName: "new", EventSourceArn: BUS };
      await client.send(new CreateArchiveCommand(created));
      await router.put(Array.from({ length: 5 }, () => ({ source: "replayed", detail: {} })));
      const started = await busbar(
        ["replays", "start", "new", "--name", "slow", "--from", "1h", "--rate", "1/s", "--detach"].concat(
          "--admin-url",
          router.adminUrl,
        ),
      );
      assert.equal(started.code, 0, started.stderr);
      const remove = () => client.send(new DeleteArchiveCommand({ ArchiveName: "new" }));
      const refusal = "Archive new is being replayed by slow: wait until that has ended, or cancel it.";
      await fails(remove(), "ConcurrentModificationException", refusal);
      assert.equal((await describeArchive("new")).State, "ENABLED");
      await client.send(new CancelReplayCommand({ ReplayName: "slow" }));
      const state = async () => (await client.send(new DescribeReplayCommand({ ReplayName: "slow" }))).State;
      await eventually("it is cancelled", async () => (await state()) === "CANCELLED");
      await remove();
    });

    it("An update changes what it gives and nothing else", async () => {
      await client.send(new UpdateArchiveCommand({ ArchiveName: "shop", RetentionDays: 0 }));
      const forEver = await describeArchive("shop");
      assert.deepEqual([forEver.RetentionDays, forEver.Description, forEver.EventPattern], [0, "of the shop", PATTERN]);
      await client.send(new UpdateArchiveCommand({ ArchiveName: "shop", EventPattern: '{"source":["mall"]}' }));
      await router.put(["shop", "mall"].map((source) => ({ source, detail: {} })));
      await eventually("one is counted", async () => (await describeArchive("shop")).EventCount === 1);
      const nothing = client.send(new UpdateArchiveCommand({ ArchiveName: "nowhere" }));
      const message = "At least one of EventPattern, RetentionDays or Description must be provided.";
      await fails(nothing, "ValidationException", message);
    });

    it("An archive manages a rule of its bus, which shows and is changed by nobody else", async () => {
      const rule = await client.send(new DescribeRuleCommand({ Name: RULE }));
      assert.equal(rule.ManagedBy, "prod.vhs.events.aws.internal");
      assert.deepEqual(JSON.parse(rule.EventPattern!), { source: ["mall"], "replay-name": [{ exists: false }] });
      const { Rules: rules = [] } = await client.send(new ListRulesCommand({}));
      assert.deepEqual(
        rules.map(({ Name, ManagedBy }) => [Name, ManagedBy !== undefined]),
        [
          ["Events-Archive-of-a-file", true],
          [RULE, true],
        ],
      );
      const { Targets: targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: RULE }));
      assert.deepEqual(
        targets.map(({ Arn }) => Arn),
        ["arn:aws:events:us-east-1:000000000000:archive/shop"],
      );
      const managed = `${RULE} is a managed rule. Set 'force' parameter to true to override.`;
      for (const change of [
        () => client.send(new PutRuleCommand({ Name: RULE, EventPattern: PATTERN })),
        () => client.send(new DisableRuleCommand({ Name: RULE })),
        () => client.send(new DeleteRuleCommand({ Name: RULE })),
        () => client.send(new PutTargetsCommand({ Rule: RULE, Targets: [{ Id: "t", Arn: BUS }] })),
      ]) {
        await fails(change(), "ManagedRuleException", managed);
      }
    });

    it("Archives are listed by one filter, a page at a time", async () => {
      const list = async (input: object) => (await client.send(new ListArchivesCommand(input))).Archives ?? [];
      const names = async (input: object) => (await list(input)).map(({ ArchiveName }) => ArchiveName);
      assert.deepEqual(await names({}), ["of-a-file", "orders", "shop"]);
      assert.deepEqual(await names({ NamePrefix: "o" }), ["of-a-file", "orders"]);
      assert.deepEqual(await names({ EventSourceArn: BUS }), ["of-a-file", "shop"]);
      assert.deepEqual(await names({ State: "DISABLED" }), []);
      const page = await client.send(new ListArchivesCommand({ Limit: 2 }));
      const next = await client.send(new ListArchivesCommand({ Limit: 2, NextToken: page.NextToken }));
      assert.deepEqual([page.Archives?.length, next.Archives?.length, next.NextToken], [2, 1, undefined]);
      const [listed] = await list({ NamePrefix: "orders" });
      assert.deepEqual(Object.keys(listed ?? {}).toSorted(), [
        "ArchiveName",
        "CreationTime",
        "EventCount",
        "EventSourceArn",
        "RetentionDays",
        "SizeBytes",
        "State",
      ]);
      const two = client.send(new ListArchivesCommand({ NamePrefix: "o", State: "ENABLED" }));
      const message =
        "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.";
      await fails(two, "ValidationException", message);
      const nowhere = client.send(new ListArchivesCommand({ EventSourceArn: `${BUS}-nowhere` }));
      await fails(nowhere, "ResourceNotFoundException", /^Event bus .*default-nowhere does not exist\.$/);
    });

    it("What is wrong is refused in AWS's words", async () => {
      const create = (changes: object) =>
        client.send(new CreateArchiveCommand({ ArchiveName: "new", EventSourceArn: BUS, ...changes }));
      await fails(
        create({ ArchiveName: "orders" }),
        "ResourceAlreadyExistsException",
        "Archive orders already exists.",
      );
      await fails(create({ ArchiveName: "shop" }), "ResourceAlreadyExistsException", "Archive shop already exists.");
      const nowhere = create({ EventSourceArn: BUS.replace("default", "nowhere") });
      await fails(nowhere, "ResourceNotFoundException", "Event bus nowhere does not exist.");
      const wrong = create({ EventPattern: '{"source": "shop"}' });
      await fails(wrong, "InvalidEventPatternException", /^Event pattern is not valid\. Reason: /);
      const long = create({ ArchiveName: "x".repeat(49) });
      await fails(
        long,
        "ValidationException",
        /at 'archiveName' failed to satisfy constraint: .*less than or equal to 48/,
      );
      const missing = client.send(new DeleteArchiveCommand({ ArchiveName: "nowhere" }));
      await fails(missing, "ResourceNotFoundException", "Archive nowhere does not exist.");
      const ofFile = client.send(new DeleteArchiveCommand({ ArchiveName: "of-a-file" }));
      await fails(ofFile, "OperationDisabledException", /a configuration file has it \(.*busbar\.yaml:\d+:3\)/);
      await client.send(new CreateEventBusCommand({ Name: "made" }));
      await create({ EventSourceArn: BUS.replace("default", "made") });
      const bus = client.send(new DeleteEventBusCommand({ Name: "made" }));
      await fails(bus, "ValidationException", "EventBus can't be deleted since it has rules.");
      await client.send(new DeleteArchiveCommand({ ArchiveName: "new" }));
      await client.send(new DeleteEventBusCommand({ Name: "made" }));
    });
  });
}
