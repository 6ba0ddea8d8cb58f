import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { callSqs, sqsRouter } from "../../../support/aws/sqs-router.ts";
import type { SqsAnswer, SqsRouter } from "../../../support/aws/sqs-router.ts";
import { eventually } from "../../../contract/waiting.ts";

interface ShownMessage {
  readonly MessageId: string;
  readonly Body: string;
  readonly ReceiptHandle: string;
  readonly Attributes?: Record<string, string>;
  readonly MessageAttributes?: Record<string, Record<string, string>>;
  readonly MD5OfMessageAttributes?: string;
}

const ORDERS = { name: "orders", redrivePolicy: { queue: "dead", maxReceiveCount: 1 } };

/** A router with the queues `orders` and `dead`, and calls of the first. */
async function started(t: Parameters<typeof sqsRouter>[0]) {
  const router = await sqsRouter(t, [
    { ...ORDERS, redrivePolicy: { queue: "dead", maxReceiveCount: 9 } },
    { name: "dead" },
  ]);
  return { router, ...callsOf(router, "orders") };
}

function callsOf({ url }: SqsRouter, queue: string) {
  const call = (operation: string, input: object): Promise<SqsAnswer> =>
    callSqs(url, operation, { QueueUrl: `http://elsewhere/000000000000/${queue}`, ...input });
  const receive = async (input: object = {}): Promise<ShownMessage[]> =>
    ((await call("ReceiveMessage", input)).body["Messages"] ?? []) as ShownMessage[];
  return { call, receive };
}

describe("messages over the SQS API", () => {
  it("a message is sent, received with its attributes, and deleted", async (t) => {
    const { call, receive } = await started(t);
    const attributes = {
      n: { DataType: "Number.int", StringValue: "007" },
      CC: { DataType: "String", StringValue: "not a copy" },
      b: { DataType: "Binary", BinaryValue: "AAEC" },
    };
    const sent = await call("SendMessage", { MessageBody: 'héllo\r\n"', MessageAttributes: attributes });
    const [message] = await receive({ MessageAttributeNames: [".*"], MessageSystemAttributeNames: ["All"] });
    assert.equal(message?.Body, 'héllo\r\n"');
    assert.equal(message.MessageId, sent.body["MessageId"]);
    assert.deepEqual(message.MessageAttributes, attributes);
    assert.equal(message.MD5OfMessageAttributes, sent.body["MD5OfMessageAttributes"]);
    assert.equal(message.Attributes?.["ApproximateReceiveCount"], "1");
    assert.deepEqual((await call("DeleteMessage", { ReceiptHandle: message.ReceiptHandle })).body, {});
    const { body } = await call("GetQueueAttributes", { AttributeNames: ["ApproximateNumberOfMessagesNotVisible"] });
    assert.deepEqual(body, { Attributes: { ApproximateNumberOfMessagesNotVisible: "0" } });
  });

  it("only the attributes that are asked for are shown, and counted in the digest", async (t) => {
    const { call, receive } = await started(t);
    const value = (StringValue: string) => ({ DataType: "String", StringValue });
    const attributes = { General: value("Kenobi"), Hello: value("There"), "Help.Me": value("Me") };
    await call("SendMessage", { MessageBody: "hi", MessageAttributes: attributes });
    const asked = async (names: readonly string[]) => {
      const [message] = await receive({ MessageAttributeNames: names, VisibilityTimeout: 0 });
      return [Object.keys(message?.MessageAttributes ?? {}), message?.MD5OfMessageAttributes];
    };
    assert.deepEqual(await asked(["Help.*", "Hello"]), [["Hello", "Help.Me"], "83fee93c1bcd8b9a5a923ffacdc636c7"]);
    assert.deepEqual(await asked(["..foo", "none"]), [[], undefined]);
    assert.deepEqual(await asked([]), [[], undefined]);
  });

  it("a batch succeeds in part", async (t) => {
    const { call, receive } = await started(t);
    const { status, body } = await call("SendMessageBatch", {
      Entries: [
        { Id: "good", MessageBody: "1" },
        { Id: "bad", MessageBody: "\u0001" },
        { Id: "late", MessageBody: "2", DelaySeconds: 901 },
      ],
    });
    assert.equal(status, 200);
    const failed = body["Failed"] as Record<string, unknown>[];
    assert.deepEqual(
      failed.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]),
      [
        ["bad", "InvalidMessageContents", true],
        ["late", "InvalidParameterValue", true],
      ],
    );
    const [message] = await receive({ MaxNumberOfMessages: 10 });
    const deleted = await call("DeleteMessageBatch", {
      Entries: [
        { Id: "a", ReceiptHandle: message?.ReceiptHandle },
        { Id: "b", ReceiptHandle: "garbage" },
      ],
    });
    assert.deepEqual(deleted.body["Successful"], [{ Id: "a" }]);
    assert.equal((deleted.body["Failed"] as Record<string, unknown>[])[0]?.["Code"], "ReceiptHandleIsInvalid");
  });

  it("a message that was received too often goes to the dead-letter queue, where its count goes on", async (t) => {
    const router = await sqsRouter(t, [ORDERS, { name: "dead" }]);
    const orders = callsOf(router, "orders");
    const sent = await orders.call("SendMessage", { MessageBody: "poison" });
    assert.equal((await orders.receive({ VisibilityTimeout: 0 })).length, 1);
    assert.deepEqual(await orders.receive(), []);
    const [dead] = await callsOf(router, "dead").receive({ AttributeNames: ["All"] });
    assert.equal(dead?.MessageId, sent.body["MessageId"]);
    assert.equal(dead?.Attributes?.["ApproximateReceiveCount"], "2");
    assert.match(dead.Attributes["DeadLetterQueueSourceArn"] ?? "", /:orders$/);
  });

  it("headers that others wrote are attributes, numbers with their type", async (t) => {
    const { router, receive } = await started(t);
    const headers = { ERROR_CODE: "NO_RESOURCE", RETRY_ATTEMPTS: 3, "busbar-bus": "default" };
    await router.broker.publish([{ queue: "orders", id: "letter", body: Buffer.from([0xff]), headers }]);
    const [message] = await receive({ MessageAttributeNames: ["All"] });
    assert.deepEqual(message?.MessageAttributes, {
      ERROR_CODE: { StringValue: "NO_RESOURCE", DataType: "String" },
      RETRY_ATTEMPTS: { StringValue: "3", DataType: "Number" },
      BodyEncoding: { StringValue: "base64", DataType: "String" },
    });
    assert.equal(message.Body, "/w==");
  });
});

describe("long polls over the SQS API", () => {
  it("a poll is answered as soon as a message comes, and others go on waiting", async (t) => {
    const { router, call, receive } = await started(t);
    const polls = Array.from({ length: 50 }, () => receive({ WaitTimeSeconds: 20 }));
    await eventually("all wait", () => router.queues.waiting === 50);
    await call("SendMessage", { MessageBody: "one" });
    const [first] = await Promise.race(polls);
    assert.equal(first?.Body, "one");
    assert.equal(router.queues.waiting, 49);
    router.queues.stop();
    const answers = await Promise.all(polls);
    assert.equal(answers.flat().length, 1, "one message went to one poll");
    await eventually("what was answered counts no more", () => router.inFlight.usedBytes === 0);
  });

  it("what comes for a client that has gone is given back", async (t) => {
    const { router, call, receive } = await started(t);
    const leaving = new AbortController();
    const gone = fetch(router.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage" },
      body: JSON.stringify({ QueueUrl: "orders", WaitTimeSeconds: 20 }),
      signal: leaving.signal,
    });
    await eventually("it waits", () => router.queues.waiting === 1);
    leaving.abort();
    await assert.rejects(gone);
    await eventually("it waits no more, before its time is over", () => router.queues.waiting === 0, 15_000);
    await call("SendMessage", { MessageBody: "spared" });
    assert.equal((await receive({ WaitTimeSeconds: 20 }))[0]?.Body, "spared");
  });

  it("a poll ends when its time is over", async (t) => {
    const { receive } = await started(t);
    assert.deepEqual(await receive({ WaitTimeSeconds: 1 }), []);
  });
});
