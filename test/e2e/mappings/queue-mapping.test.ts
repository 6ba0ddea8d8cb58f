import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { BatchFunction } from "../../support/functions/batch-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const QUEUES = ["orders", "failed", "busbar.function.work"];

function configOf(url: string, mapping = "", queue = ""): string {
  return `
queues:
  orders: { visibilityTimeoutSeconds: 4, redrivePolicy: { queue: failed, maxReceiveCount: 2 }${queue} }
  failed: {}
functions:
  work: { http: { url: "${url}" }, timeoutSeconds: 3, concurrency: 30 }
eventSourceMappings:
  orders-to-work: { queue: orders, function: work${mapping} }
`;
}

function clientOf(t: TestContext, { publicUrl }: Router): SQSClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new SQSClient({ endpoint: publicUrl, region: "us-east-1", credentials, maxAttempts: 1 });
  t.after(() => client.destroy());
  return client;
}

async function send(client: SQSClient, bodies: readonly string[]): Promise<void> {
  for (let at = 0; at < bodies.length; at += 10) {
    const Entries = bodies.slice(at, at + 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: "orders", Entries }));
  }
}

/** Everything in a queue, invisible messages included. */
async function left(client: SQSClient, QueueUrl = "orders"): Promise<number> {
  const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
  const { Attributes = {} } = await client.send(asked);
  return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

for (const broker of ["embedded", "RabbitMQ"] as const) {
  const startRouters = async (t: TestContext, config: string): Promise<readonly [Router, Router]> => {
    const env = broker === "embedded" ? {} : { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const one = await Router.start({ config, env });
    const two = broker === "embedded" ? one : await Router.start({ config, env });
    t.after(() => Promise.all([...new Set([one, two])].map((router) => router.remove())));
    return [one, two];
  };

  describe(`An event source mapping of a queue, ${broker === "embedded" ? "embedded" : "on RabbitMQ and two routers"}`, () => {
    it("calls its function with each message, in Lambda's form, and deletes what the call succeeded for", async (t) => {
      const work = await BatchFunction.start();
      t.after(() => work.stop());
      const [one, two] = await startRouters(t, configOf(work.url));
      const client = clientOf(t, one);
      const MessageAttributes = { Weeks: { DataType: "Number", StringValue: "6" } };
      await client.send(new SendMessageCommand({ QueueUrl: "orders", MessageBody: '{"id":1}', MessageAttributes }));
      await eventually("it is called", () => work.records.length === 1);
      const [{ messageId, receiptHandle, attributes, ...rest } = {} as never] = work.records;
      assert.match(messageId, /^[0-9a-f-]{36}$/);
      assert.ok(receiptHandle.length > 0);
      assert.equal(attributes["ApproximateReceiveCount"], "1");
      assert.ok(Math.abs(Date.now() - Number(attributes["SentTimestamp"])) < 60_000);
      assert.deepEqual(rest, {
        body: '{"id":1}',
        messageAttributes: {
          Weeks: { stringValue: "6", stringListValues: [], binaryListValues: [], dataType: "Number" },
        },
        md5OfMessageAttributes: rest["md5OfMessageAttributes"],
        md5OfBody: "d2ce28b9a7fd7e4407e2b0fd499b7fe4",
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:orders",
        awsRegion: "us-east-1",
      });

      await eventually("its one record is counted as one", async () => {
        const { stdout } = await busbar(["mappings", "list", "--admin-url", one.adminUrl]);
        return stdout.includes("success, 1 record  ");
      });

      const bodies = Array.from({ length: 100 }, (_, index) => String(index));
      await send(clientOf(t, two), bodies);
      await eventually("all are there", () => bodies.every((body) => work.bodies.includes(body)), 20_000);
      assert.equal(work.records.length, 101, "once each");
      assert.ok(work.batches.every((batch) => batch.length <= 10));
      await eventually("all are deleted", async () => (await left(client)) === 0);

      const listed = await busbar(["mappings", "list", "--json", "--admin-url", one.adminUrl]);
      const [{ source, state, lastResult }] = (JSON.parse(listed.stdout) as { mappings: [Record<string, unknown>] })
        .mappings;
      assert.deepEqual([source, state], [{ kind: "queue", name: "orders" }, "reading"]);
      assert.equal((lastResult as { outcome: string }).outcome, "success");
      const { stdout } = await busbar(["mappings", "show", "orders-to-work", "--admin-url", one.adminUrl]);
      assert.match(stdout, /^MAPPING {9}SOURCE {8}FUNCTION/);
      assert.match(
        stdout,
        /\norders-to-work {2}queue\/orders {2}work {6}10 {5}reading {2}0 {6}- {7}success, (?:1 record|(?:[2-9]|10) records) {2}/,
      );
      assert.match(stdout, /\nno filters\n$/);
      const missing = await busbar(["mappings", "show", "other", "--admin-url", one.adminUrl]);
      assert.deepEqual([missing.code, missing.stderr], [1, 'there is no event source mapping "other"\n']);
    });

    it("leaves what failed invisible until its time is over; received too often, it moves to the dead-letter queue", async (t) => {
      const work = await BatchFunction.start((records, _call, response) => {
        const failed = records.filter(({ body }) => body.startsWith("bad"));
        response.end(JSON.stringify({ batchItemFailures: failed.map((one) => ({ itemIdentifier: one.messageId })) }));
      });
      t.after(() => work.stop());
      const [one] = await startRouters(t, configOf(work.url, ", reportBatchItemFailures: true"));
      const client = clientOf(t, one);
      await send(client, ["good", "bad", "better"]);
      await eventually(
        "the bad one comes twice",
        () => work.bodies.filter((body) => body === "bad").length === 2,
        20_000,
      );
      const bad = work.records.filter(({ body }) => body === "bad");
      const receives = bad.map(({ attributes }) => attributes["ApproximateReceiveCount"]);
      assert.deepEqual(receives, ["1", "2"]);
      await eventually("it is dead", async () => (await left(client, "failed")) === 1, 20_000);
      assert.equal(await left(client), 0);
      assert.deepEqual([...work.bodies].sort(), ["bad", "bad", "better", "good"]);
    });

    it("gives its function receipts that are good over the API", async (t) => {
      const other: SQSClient[] = [];
      const work = await BatchFunction.start(async (records, _call, response) => {
        for (const { receiptHandle: ReceiptHandle } of records) {
          await other[0]?.send(new DeleteMessageCommand({ QueueUrl: "orders", ReceiptHandle }));
        }
        response.writeHead(500).end();
      });
      t.after(() => work.stop());
      const [one, two] = await startRouters(t, configOf(work.url));
      other.push(clientOf(t, two));
      await send(clientOf(t, one), ["a", "b"]);
      await eventually("both came", () => work.records.length === 2);
      await eventually("both are deleted", async () => (await left(clientOf(t, one))) === 0);
    });
  });
}

describe("An event source mapping of a queue on RabbitMQ", () => {
  it("loses nothing when a router is killed with batches in hand: they come again at the other", async (t) => {
    const held: (() => void)[] = [];
    let isStuck = true;
    const work = await BatchFunction.start(async (_records, _call, response) => {
      if (isStuck) await new Promise<void>((resolve) => held.push(resolve));
      response.end("{}");
    });
    t.after(() => {
      for (const resolve of held) resolve();
      return work.stop();
    });
    const env = { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const config = configOf(work.url)
      .replace("timeoutSeconds: 4", "timeoutSeconds: 60")
      .replace("timeoutSeconds: 3", "timeoutSeconds: 30")
      // RabbitMQ hands what one channel of a dead router held to another that it has not closed yet, and counts both.
      .replace("maxReceiveCount: 2", "maxReceiveCount: 3");
    const one = await Router.start({ config, env });
    t.after(() => one.remove());
    const client = clientOf(t, one);
    const bodies = Array.from({ length: 30 }, (_, index) => String(index));
    await send(client, bodies);
    await eventually("all are in hand", () => new Set(work.bodies).size === bodies.length);
    const two = await Router.start({ config, env });
    t.after(() => two.remove());
    isStuck = false;
    await one.kill();
    await eventually("all come again", () => work.records.length >= 2 * bodies.length, 20_000);
    assert.deepEqual(new Set(work.bodies.slice(bodies.length)), new Set(bodies));
    await eventually("all are deleted", async () => (await left(clientOf(t, two))) === 0);
  });
});

describe("The calls of a mapping, as the journal has them", () => {
  it("are found by the command of a message's id, with what came of each", async (t) => {
    const work = await BatchFunction.start((records, _call, response) => {
      const isBad = records.some(({ body }) => body === "bad");
      response.writeHead(isBad ? 500 : 200).end();
    });
    t.after(() => work.stop());
    const env = { BUSBAR_CONSOLE_PORT: "0" };
    const router = await Router.start({ config: `journal: {}\n${configOf(work.url, ", batchSize: 1")}`, env });
    t.after(() => router.remove());
    const consoleUrl = String(router.log.find(({ msg }) => msg === "listening")?.["consoleUrl"]);
    const client = clientOf(t, router);
    const { MessageId = "" } = await client.send(new SendMessageCommand({ QueueUrl: "orders", MessageBody: "bad" }));
    await send(client, ["good"]);
    await eventually("the bad one came twice", () => work.bodies.filter((body) => body === "bad").length === 2, 20_000);

    const calls = (...more: readonly string[]) => busbar(["mappings", "calls", ...more, "--console-url", consoleUrl]);
    const lines = async (): Promise<readonly string[]> =>
      (await calls("orders-to-work", "--record", MessageId)).stdout.trimEnd().split("\n");
    await eventually("both calls are in the journal", async () => (await lines()).length === 3);
    const [head = "", ...rows] = await lines();
    assert.match(head, /^AT +MAPPING +FROM +TOOK +RESULT +REQUEST +FAILURE$/);
    for (const row of rows)
      assert.match(row, / orders-to-work +queue\/orders +\d+ ms +server_error, 1 of 1 record failed /);
    const all = JSON.parse((await calls("--json", "--limit", "3")).stdout) as { outcome: string }[];
    assert.deepEqual(all.map(({ outcome }) => outcome).sort(), ["server_error", "server_error", "success"]);
    const none = await calls("other");
    assert.deepEqual([none.code, none.stderr], [0, "No call in the journal fits.\n"]);
  });
});
