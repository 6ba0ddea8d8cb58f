import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { ListTargetsByRuleCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import type { SQSClient } from "@aws-sdk/client-sqs";
import {
  AddPermissionCommand,
  CancelMessageMoveTaskCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { eventsClient } from "../../support/aws/events-client.ts";
import { sqsClient } from "../../support/aws/sqs-client.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const SQS = "arn:aws:sqs:us-east-1:000000000000";
const CONFIG = `
queues:
  of-file: { visibilityTimeoutSeconds: 60, redriveAllowPolicy: { redrivePermission: byQueue, sourceQueues: [allowed] } }
`;

describe("Queues over the SQS API", { timeout: 120_000 }, () => {
  let router: Router;
  let sqs: SQSClient;
  let events: EventBridgeClient;
  before(async () => {
    router = await Router.start({ config: CONFIG });
    sqs = sqsClient(router.publicUrl);
    events = eventsClient(router.publicUrl);
  });
  after(async () => {
    sqs.destroy();
    events.destroy();
    await router.remove();
  });

  const create = async (QueueName: string, Attributes?: Record<string, string>) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, ...(Attributes && { Attributes }) }))).QueueUrl ?? "";
  const attributesOf = async (QueueUrl: string) =>
    (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }))).Attributes ?? {};
  const bodies = async (QueueUrl: string, VisibilityTimeout = 600) =>
    (
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout, MaxNumberOfMessages: 10 }))).Messages ??
      []
    ).map(({ Body }) => Body);

  it("A queue is made once, has its times, and takes and gives messages by its attributes", async () => {
    const beganAt = Math.floor(Date.now() / 1_000);
    const QueueUrl = await create("orders", { VisibilityTimeout: "45", DelaySeconds: "0" });
    assert.equal(await create("orders"), QueueUrl);
    assert.equal(await create("orders", { VisibilityTimeout: "45" }), QueueUrl);
    await assert.rejects(create("orders", { DelaySeconds: "0", VisibilityTimeout: "46" }), {
      name: "QueueNameExists",
      message: "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    });
    const made = await attributesOf(QueueUrl);
    assert.deepEqual([made["VisibilityTimeout"], made["MessageRetentionPeriod"]], ["45", "345600"]);
    assert.ok(Number(made["CreatedTimestamp"]) >= beganAt - 1);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
    assert.deepEqual(await bodies(QueueUrl), ["hello"]);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: "1" } }));
    assert.equal((await attributesOf(QueueUrl))["DelaySeconds"], "1");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "later" }));
    assert.deepEqual(await bodies(QueueUrl), []);
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "ord" }));
    assert.deepEqual(QueueUrls, [QueueUrl]);
  });

  it("A message that is received too often moves to a queue that was made, and stays where that was deleted", async () => {
    const dead = await create("dead");
    const source = await create("source", {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${SQS}:dead`, maxReceiveCount: "1" }),
    });
    const { queueUrls } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
    assert.deepEqual(queueUrls, [source]);
    await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: "poison" }));
    assert.deepEqual(await bodies(source, 0), ["poison"]);
    assert.deepEqual(await bodies(source), []);
    assert.deepEqual(await bodies(dead), ["poison"]);

    await sqs.send(new DeleteQueueCommand({ QueueUrl: dead }));
    await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: "stays" }));
    assert.deepEqual(await bodies(source, 0), ["stays"]);
    assert.deepEqual(await bodies(source, 0), ["stays"]);
    assert.match((await attributesOf(source))["RedrivePolicy"] ?? "", /:dead/);
  });

  it("The SDK changes tags and permissions, purges, and moves dead letters back, and so does the command line", async () => {
    const dead = await create("moved-dead");
    const RedrivePolicy = `{"deadLetterTargetArn":"${SQS}:moved-dead","maxReceiveCount":1}`;
    const QueueUrl = await create("moved", { RedrivePolicy });
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { a: "1", b: "2" } }));
    await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ["a"] }));
    assert.deepEqual((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags, { b: "2" });
    const permission = { QueueUrl, Label: "l", AWSAccountIds: ["111122223333"], Actions: ["SendMessage"] };
    await sqs.send(new AddPermissionCommand(permission));
    assert.match((await attributesOf(QueueUrl))["Policy"] ?? "", /"Sid":"l"/);
    await sqs.send(new RemovePermissionCommand({ QueueUrl, Label: "l" }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "purged" }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));

    // At one a second a task takes so long that it can be seen and cancelled.
    const sent = Array.from({ length: 10 }, (_, n) => `m-${n}`);
    const Entries = sent.map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    assert.deepEqual(await bodies(QueueUrl, 0), sent);
    assert.deepEqual(await bodies(QueueUrl, 0), []);
    const SourceArn = `${SQS}:moved-dead`;
    const task = async () => (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))).Results?.[0];
    const asked = { SourceArn, MaxNumberOfMessagesPerSecond: 1 };
    const { TaskHandle } = await sqs.send(new StartMessageMoveTaskCommand(asked));
    assert.equal((await task())?.TaskHandle, TaskHandle);
    await assert.rejects(sqs.send(new StartMessageMoveTaskCommand({ SourceArn })), { name: "InvalidParameterValue" });
    await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    await eventually("it is cancelled", async () => (await task())?.Status === "CANCELLED");

    const here = ["--admin-url", router.adminUrl];
    const back = await busbar(["queues", "move", "moved-dead", ...here]);
    assert.match(back.stdout, /^moved-dead: \d+ messages? moved to the queues? that (it|they) came from\n$/);
    assert.deepEqual((await bodies(QueueUrl, 0)).toSorted(), sent);
    assert.deepEqual(await bodies(QueueUrl, 0), []);
    const elsewhere = await busbar(["queues", "move", "moved-dead", "--to", "of-file", "--rate", "1000/s", ...here]);
    assert.equal(elsewhere.stdout, "moved-dead: 10 messages moved to of-file\n");
    const { Status, DestinationArn, ApproximateNumberOfMessagesMoved } = (await task()) ?? {};
    assert.deepEqual(
      { Status, DestinationArn, ApproximateNumberOfMessagesMoved },
      { Status: "COMPLETED", DestinationArn: `${SQS}:of-file`, ApproximateNumberOfMessagesMoved: 10 },
    );
    assert.deepEqual(await bodies(dead), []);
    const wrong = await busbar(["queues", "move", "moved-dead", "--to", "none", ...here]);
    assert.match(wrong.stderr, /there is no queue "none": it must be configured/);
    const { stdout: list } = await busbar(["queues", ...here]);
    assert.match(list, /^of-file +\d+ +\d+ +.*busbar\.yaml:3:\d+$/m);
    assert.match(list, /^moved-dead +0 +0 +the API$/m);
    const { stdout: jobs } = await busbar(["jobs", "list", ...here]);
    assert.match(jobs, / move +moved-dead +done +10 /);
  });

  it("A dead-letter queue says which queues may name it, be it a file's", async () => {
    const policy = (to: string) => ({ RedrivePolicy: `{"deadLetterTargetArn":"${SQS}:${to}","maxReceiveCount":3}` });
    const refused = { name: "InvalidParameterValue" };
    await assert.rejects(create("not-allowed", policy("of-file")), refused);
    await create("allowed", policy("of-file"));
    await create("closed", { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' });
    await assert.rejects(create("not-allowed", policy("closed")), refused);
    await assert.rejects(create("not-allowed", policy("never-there")), {
      ...refused,
      message: /Dead letter target does not exist\./,
    });
  });

  it("A FIFO queue is made with its attributes, which may change, but not its type", async () => {
    const QueueUrl = await create("made.fifo", { FifoQueue: "True", ContentBasedDeduplication: "True" });
    assert.equal(await create("made.fifo"), QueueUrl);
    assert.equal(await create("made.fifo", { FifoQueue: "true", DeduplicationScope: "queue" }), QueueUrl);
    await assert.rejects(create("made.fifo", { FifoQueue: "false" }), { name: "InvalidParameterValue" });
    await assert.rejects(create("made.fifo", { DeduplicationScope: "messageGroup" }), {
      name: "QueueNameExists",
    });
    const set = (Attributes: Record<string, string>) =>
      sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await set({ FifoQueue: "true", DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" });
    const { FifoQueue, ContentBasedDeduplication, DeduplicationScope, FifoThroughputLimit } =
      await attributesOf(QueueUrl);
    assert.deepEqual(
      [FifoQueue, ContentBasedDeduplication, DeduplicationScope, FifoThroughputLimit],
      ["true", "true", "messageGroup", "perMessageGroupId"],
    );
    const refused = { name: "InvalidAttributeValue" };
    await assert.rejects(set({ FifoQueue: "false" }), {
      ...refused,
      message: "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    });
    await assert.rejects(set({ DeduplicationScope: "queue" }), refused);
    await assert.rejects(set({ DeduplicationScope: "other" }), refused);
    for (const MessageGroupId of ["g1", "g2", "g1"])
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello", MessageGroupId }));
    assert.deepEqual(await bodies(QueueUrl), ["hello", "hello"], "its scope is the group's");
    const { stdout } = await busbar(["export", "--admin-url", router.adminUrl]);
    assert.match(
      stdout,
      /made\.fifo:\n\s+contentBasedDeduplication: true\n\s+deduplicationScope: messageGroup\n\s+fifo: true/,
    );
  });

  it("A FIFO queue's name says so, and its dead-letter queue is one too", async () => {
    const fifo = { FifoQueue: "true" };
    const wrongName = { name: "InvalidParameterValue", message: /must end with \.fifo suffix/ };
    await assert.rejects(create("no-suffix", fifo), wrongName);
    await assert.rejects(create(`${"x".repeat(76)}.fifo`, fifo), wrongName);
    await assert.rejects(create("no-type.fifo"), { name: "InvalidParameterValue", message: /1 to 80 in length/ });
    const notForStandard = { name: "InvalidAttributeName" };
    await assert.rejects(create("standard", { FifoQueue: "false" }), {
      ...notForStandard,
      message: "Unknown Attribute FifoQueue.",
    });
    await assert.rejects(create("standard", { DeduplicationScope: "queue" }), {
      ...notForStandard,
      message: "You can specify the DeduplicationScope only when FifoQueue is set to true.",
    });
    await create("dead-of-fifo");
    await create("dead-of.fifo", fifo);
    const redrive = (to: string) => ({ RedrivePolicy: `{"deadLetterTargetArn":"${SQS}:${to}","maxReceiveCount":1}` });
    const otherType = { name: "InvalidParameterValue", message: /must be same type of queue as the source/ };
    await assert.rejects(create("poisoned.fifo", { ...fifo, ...redrive("dead-of-fifo") }), otherType);
    await assert.rejects(create("poisoned", redrive("dead-of.fifo")), otherType);
    await create("poisoned.fifo", { ...fifo, ...redrive("dead-of.fifo") });
  });

  it("A queue of a file is changed there, and another one is not there", async () => {
    const ofFile = {
      name: "UnsupportedOperation",
      message: /of-file: a configuration file has it \(.*busbar\.yaml:3:\d+\), change it there/,
    };
    const Attributes = { DelaySeconds: "1" };
    await assert.rejects(sqs.send(new SetQueueAttributesCommand({ QueueUrl: "of-file", Attributes })), ofFile);
    await assert.rejects(sqs.send(new DeleteQueueCommand({ QueueUrl: "of-file" })), ofFile);
    await assert.rejects(sqs.send(new TagQueueCommand({ QueueUrl: "of-file", Tags: { a: "1" } })), ofFile);
    await create("of-file", { VisibilityTimeout: "60" });
    await assert.rejects(create("of-file", { VisibilityTimeout: "61" }), { name: "QueueNameExists" });
    for (const command of [
      new SetQueueAttributesCommand({ QueueUrl: "none", Attributes }),
      new DeleteQueueCommand({ QueueUrl: "none" }),
    ])
      await assert.rejects(sqs.send(command as DeleteQueueCommand), { name: "QueueDoesNotExist" });
  });

  it("A rule's target that waits for its queue gets events once that is made, and dead letters once it is deleted", async () => {
    await events.send(new PutRuleCommand({ Name: "paid", EventPattern: '{"source":["shop"]}' }));
    const Targets = [{ Id: "q", Arn: `${SQS}:paid` }];
    await events.send(new PutTargetsCommand({ Rule: "paid", Targets }));
    await router.put([{ source: "shop", detail: { n: 1 } }]);
    await eventually("a dead letter", async () => (await router.receive("busbar.dead-letter")).length === 1);

    const QueueUrl = await create("paid");
    await router.put([{ source: "shop", detail: { n: 2 } }]);
    await eventually("it gets the event", async () => (await bodies(QueueUrl)).length === 1);
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await router.put([{ source: "shop", detail: { n: 3 } }]);
    await eventually("another dead letter", async () => (await router.receive("busbar.dead-letter")).length === 1);
    assert.equal((await events.send(new ListTargetsByRuleCommand({ Rule: "paid" }))).Targets?.length, 1);
    await assert.rejects(attributesOf(QueueUrl), { name: "QueueDoesNotExist" });

    await create("paid");
    assert.deepEqual(await bodies(QueueUrl), []);
    await router.put([{ source: "shop", detail: { n: 4 } }]);
    await eventually("it gets events again", async () => (await bodies(QueueUrl)).length === 1);
  });

  it("What was made is exported as a file has it, is no change of a plan, and is there after a restart", async () => {
    const QueueUrl = await create("exported", { VisibilityTimeout: "90" });
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { team: "shop" } }));
    const { stdout } = await busbar(["export", "--admin-url", router.adminUrl]);
    assert.match(
      stdout,
      /exported:\n\s+messageRetentionSeconds: 345600\n\s+tags:\n\s+team: shop\n\s+visibilityTimeoutSeconds: 90/,
    );
    assert.doesNotMatch(stdout, /of-file:/);
    const plan = await busbar(["plan", router.folder, "--admin-url", router.adminUrl]);
    assert.match(plan.stdout, /no changes/);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "kept" }));
    await router.kill();
    await router.launch();
    sqs.destroy();
    sqs = sqsClient(router.publicUrl);
    assert.deepEqual(await bodies("exported"), ["kept"]);
  });
});
