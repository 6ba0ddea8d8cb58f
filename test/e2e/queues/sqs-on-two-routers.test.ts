import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message } from "@aws-sdk/client-sqs";
import {
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

const CONFIG = `
queues:
  orders: { redrivePolicy: { queue: failed, maxReceiveCount: 2 } }
  failed: {}
  orders.fifo: { fifo: true, redrivePolicy: { queue: failed.fifo, maxReceiveCount: 2 } }
  failed.fifo: { fifo: true }
`;
const QUEUES = ["orders", "failed", "orders.fifo", "failed.fifo"];
const MESSAGES = ["one", "two", "three"];
/** Far longer than the test takes. */
const LONG_SECONDS = 600;
/** The longest that SQS has. */
const TWELVE_HOURS_SECONDS = 43_200;

function clientOf({ publicUrl }: Router): SQSClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new SQSClient({ endpoint: publicUrl, region: "us-east-1", credentials, maxAttempts: 1 });
}

function receive(client: SQSClient, QueueUrl: string, VisibilityTimeout: number): Promise<readonly Message[]> {
  const asked = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout, WaitTimeSeconds: 1 };
  const names = { MessageSystemAttributeNames: ["ApproximateReceiveCount" as const] };
  return client.send(new ReceiveMessageCommand({ ...asked, ...names })).then(({ Messages = [] }) => Messages);
}

describe("Queues that speak SQS, on RabbitMQ and two routers", { timeout: 300_000 }, () => {
  it("A receipt of one router is good at the other, and what is received too often moves to the dead-letter queue", async (t) => {
    const env = { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const routers = await Promise.all([Router.start({ config: CONFIG, env }), Router.start({ config: CONFIG, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const [one, two] = routers.map(clientOf) as [SQSClient, SQSClient];
    t.after(() => [one, two].forEach((client) => client.destroy()));

    const Entries = MESSAGES.map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await one.send(new SendMessageBatchCommand({ QueueUrl: "orders", Entries }));
    const received = new Map<string, string>();
    await eventually("all are received", async () => {
      for (const { Body = "", ReceiptHandle = "" } of await receive(two, "orders", LONG_SECONDS)) {
        assert.ok(!received.has(Body), `${Body} was in hand already`);
        received.set(Body, ReceiptHandle);
      }
      return received.size === MESSAGES.length;
    });
    assert.deepEqual(await receive(one, "orders", LONG_SECONDS), []);

    await one.send(new DeleteMessageCommand({ QueueUrl: "orders", ReceiptHandle: received.get("one") }));
    const change = { QueueUrl: "orders", ReceiptHandle: received.get("two"), VisibilityTimeout: 0 };
    await one.send(new ChangeMessageVisibilityCommand(change));
    let again: readonly Message[] = [];
    await eventually("one of them is back", async () => (again = await receive(one, "orders", 0)).length > 0);
    assert.deepEqual(
      again.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount]),
      [["two", "2"]],
    );
    await eventually("it moves", async () => {
      assert.deepEqual(await receive(two, "orders", LONG_SECONDS), []);
      const [dead] = await receive(two, "failed", LONG_SECONDS);
      return dead?.Body === "two";
    });

    await one.send(new DeleteMessageCommand({ QueueUrl: "orders", ReceiptHandle: received.get("three") }));
    await one.send(new SendMessageCommand({ QueueUrl: "orders", MessageBody: "four" }));
    await eventually("the next one is received", async () => {
      const [next] = await receive(two, "orders", LONG_SECONDS);
      return next?.Body === "four";
    });
  });

  it("What is received for twelve hours stays invisible when its router stops, and its receipt is good at the other", async (t) => {
    const env = { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const routers = await Promise.all([Router.start({ config: CONFIG, env }), Router.start({ config: CONFIG, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const [one, two] = routers.map(clientOf) as [SQSClient, SQSClient];
    t.after(() => [one, two].forEach((client) => client.destroy()));

    const Entries = ["one", "two"].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await one.send(new SendMessageBatchCommand({ QueueUrl: "orders", Entries }));
    const received = new Map<string, string>();
    await eventually("both are received", async () => {
      for (const { Body = "", ReceiptHandle = "" } of await receive(one, "orders", TWELVE_HOURS_SECONDS))
        received.set(Body, ReceiptHandle);
      return received.size === 2;
    });
    await routers[0].stop();
    assert.deepEqual(await receive(two, "orders", LONG_SECONDS), []);
    await two.send(new DeleteMessageCommand({ QueueUrl: "orders", ReceiptHandle: received.get("one") }));
    const change = { QueueUrl: "orders", ReceiptHandle: received.get("two"), VisibilityTimeout: 0 };
    await two.send(new ChangeMessageVisibilityCommand(change));
    const again: Message[] = [];
    await eventually("one is back", async () => {
      again.push(...(await receive(two, "orders", LONG_SECONDS)));
      return again.length > 0;
    });
    assert.deepEqual(
      again.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount]),
      [["two", "2"]],
    );
  });

  it("A move task is one over both routers, is cancelled at either, and goes on when its router is killed", async (t) => {
    const env = { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const routers = await Promise.all([Router.start({ config: CONFIG, env }), Router.start({ config: CONFIG, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const [one, two] = routers.map(clientOf) as [SQSClient, SQSClient];
    t.after(() => [one, two].forEach((client) => client.destroy()));
    const SourceArn = "arn:aws:sqs:us-east-1:000000000000:failed";
    const tasksAt = async (client: SQSClient) =>
      (await client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 10 }))).Results ?? [];
    const movedAt = async (client: SQSClient) => (await tasksAt(client))[0]?.ApproximateNumberOfMessagesMoved ?? 0;

    const ofFifo = new StartMessageMoveTaskCommand({ SourceArn: `${SourceArn}.fifo` });
    await assert.rejects(one.send(ofFifo), { name: "UnsupportedOperation", message: /"failed\.fifo" is a FIFO queue/ });

    const sent = Array.from({ length: 10 }, (_, n) => `m-${n}`);
    const Entries = sent.map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    await one.send(new SendMessageBatchCommand({ QueueUrl: "orders", Entries }));
    await eventually("all have moved to the dead-letter queue", async () => {
      await receive(one, "orders", 0);
      return (await routers[0].depth("failed")) === sent.length;
    });

    const slowly = { SourceArn, MaxNumberOfMessagesPerSecond: 1 };
    const { TaskHandle } = await one.send(new StartMessageMoveTaskCommand(slowly));
    await eventually("the other router knows how far it is", async () => (await movedAt(two)) > 0);
    const refused = { name: "InvalidParameterValue", message: /^There is already a task running\./ };
    await assert.rejects(two.send(new StartMessageMoveTaskCommand({ SourceArn })), refused);
    await two.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    await eventually("it is cancelled", async () => (await tasksAt(two))[0]?.Status === "CANCELLED");
    await eventually("at both", async () => (await tasksAt(one))[0]?.Status === "CANCELLED");

    await one.send(new StartMessageMoveTaskCommand(slowly));
    await eventually("it goes on", async () => (await movedAt(two)) > 0);
    await routers[0].kill();
    await eventually(
      "the other router moves the rest",
      async () => (await routers[1].depth("orders")) >= sent.length,
      120_000,
    );
    // With the receives of before they would be in the dead-letter queue again.
    const back = new Set<string>();
    await eventually("all are received anew", async () => {
      for (const { Body = "" } of await receive(two, "orders", LONG_SECONDS)) back.add(Body);
      return back.size === sent.length;
    });
    assert.deepEqual([...back].toSorted(), sent);
  });
});
