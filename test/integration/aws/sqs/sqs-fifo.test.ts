import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { QueueConfig } from "../../../../src/domain/queue/queue-config.ts";
import { callSqs, querySqs, sqsRouter } from "../../../support/aws/sqs-router.ts";
import type { SqsAnswer } from "../../../support/aws/sqs-router.ts";

type Shown = Readonly<Record<string, unknown>> & { readonly Body: string; readonly ReceiptHandle: string };

async function started(t: Parameters<typeof sqsRouter>[0], settings: Partial<QueueConfig> = {}) {
  const redrivePolicy = { queue: "dead.fifo", maxReceiveCount: 1 };
  const { url } = await sqsRouter(t, [
    { name: "orders.fifo", fifo: true, ...settings },
    { name: "poisoned.fifo", fifo: true, redrivePolicy },
    { name: "dead.fifo", fifo: true },
    { name: "standard" },
  ]);
  const call = (operation: string, input: object, queue = "orders.fifo"): Promise<SqsAnswer> =>
    callSqs(url, operation, { QueueUrl: queue, ...input });
  const send = (MessageBody: string, MessageGroupId = "g1", more: object = {}, queue?: string) =>
    call("SendMessage", { MessageBody, MessageGroupId, MessageDeduplicationId: MessageBody, ...more }, queue);
  const receive = async (input: object = {}, queue?: string): Promise<Shown[]> =>
    ((await call("ReceiveMessage", { MaxNumberOfMessages: 10, ...input }, queue)).body["Messages"] ?? []) as Shown[];
  return { url, call, send, receive };
}

/** The header's code and the text of an error. */
function refusal({ status, body, queryError }: SqsAnswer): string {
  assert.equal(status, 400);
  return `${queryError?.split(";")[0]}: ${String(body["message"])}`;
}

describe("FIFO queues over the SQS API", () => {
  it("a message has its group, its deduplication id and a sequence number", async (t) => {
    const { send, receive } = await started(t);
    const { body: sent } = await send("one");
    assert.match(String(sent["SequenceNumber"]), /^\d{20}$/);
    const [message] = await receive({ MessageSystemAttributeNames: ["All"] });
    const attributes = message?.["Attributes"] as Record<string, string>;
    assert.equal(attributes["MessageGroupId"], "g1");
    assert.equal(attributes["MessageDeduplicationId"], "one");
    assert.equal(attributes["SequenceNumber"], sent["SequenceNumber"]);
    assert.equal(message?.["MessageAttributes"], undefined);
  });

  it("a duplicate is answered with the original's id and number", async (t) => {
    const { call, send, receive } = await started(t);
    const first = await send("one");
    assert.deepEqual((await send("one", "g2")).body, first.body);
    const entries = ["one", "two"].map((body, at) => ({
      Id: String(at),
      MessageBody: body,
      MessageGroupId: "g1",
      MessageDeduplicationId: body,
    }));
    const { body } = await call("SendMessageBatch", { Entries: entries });
    const [one, two] = body["Successful"] as Record<string, string>[];
    assert.equal(one?.["MessageId"], first.body["MessageId"]);
    assert.ok(two!["SequenceNumber"]! > one!["SequenceNumber"]!);
    assert.deepEqual(
      (await receive()).map(({ Body }) => Body),
      ["one", "two"],
    );
  });

  it("with content-based deduplication the id is the body's digest, whatever the attributes", async (t) => {
    const { call, receive } = await started(t, { contentBasedDeduplication: true });
    const send = (value: string) =>
      call("SendMessage", {
        MessageBody: "hello",
        MessageGroupId: "g1",
        MessageAttributes: { a: { DataType: "String", StringValue: value } },
      });
    const [first, second] = [await send("1"), await send("2")];
    assert.equal(second.body["MessageId"], first.body["MessageId"]);
    assert.notEqual(second.body["MD5OfMessageAttributes"], first.body["MD5OfMessageAttributes"]);
    const [message] = await receive({ AttributeNames: ["MessageDeduplicationId"] });
    assert.deepEqual(message?.["Attributes"], {
      MessageDeduplicationId: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    });
  });

  it("what a FIFO queue needs is asked for, and what it does not take is refused", async (t) => {
    const { call, send } = await started(t);
    const neither =
      "InvalidParameterValue: The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    assert.equal(refusal(await call("SendMessage", { MessageBody: "1" })), neither);
    assert.equal(
      refusal(await call("SendMessage", { MessageBody: "1", MessageDeduplicationId: "1" })),
      "MissingParameter: The request must contain the parameter MessageGroupId.",
    );
    const whole = (entry: object) =>
      call("SendMessageBatch", {
        Entries: [
          { Id: "good", MessageBody: "1", MessageGroupId: "g1", MessageDeduplicationId: "1" },
          { Id: "bad", MessageBody: "2", ...entry },
        ],
      });
    assert.equal(refusal(await whole({ MessageGroupId: "g1" })), neither);
    assert.equal(
      refusal(await whole({ MessageDeduplicationId: "2" })),
      "InvalidParameterValue: The request must contain the parameter MessageGroupId.",
    );
    const notHere = "is invalid. Reason: The request include parameter that is not valid for this queue type.";
    assert.equal(
      refusal(await send("1", "g1", { DelaySeconds: 2 })),
      `InvalidParameterValue: Value 2 for parameter DelaySeconds ${notHere}`,
    );
    assert.equal((await send("1", "g1", { DelaySeconds: 0 })).status, 200);
    assert.equal(
      refusal(await send("1", "group 123")),
      "InvalidParameterValue: Value group 123 for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    );
    assert.match(refusal(await send("1", "g1", { MessageDeduplicationId: "" })), /MessageDeduplicationId can only/);
    assert.match(
      refusal(await call("ReceiveMessage", { ReceiveRequestAttemptId: "a b" })),
      /ReceiveRequestAttemptId can only include/,
    );
    assert.equal(
      refusal(await send("1", "g1", {}, "standard")),
      `InvalidParameterValue: Value 1 for parameter MessageDeduplicationId ${notHere}`,
    );
  });

  it("a handle whose time is over deletes no more, and a repeated request has the same handles", async (t) => {
    const { call, send, receive } = await started(t);
    await send("one");
    const [first] = await receive({ ReceiveRequestAttemptId: "try" });
    const again = await receive({ ReceiveRequestAttemptId: "try" });
    assert.deepEqual(
      again.map(({ ReceiptHandle }) => ReceiptHandle),
      [first?.ReceiptHandle],
    );
    await call("ChangeMessageVisibility", { ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 });
    assert.equal(
      refusal(await call("DeleteMessage", { ReceiptHandle: first?.ReceiptHandle })),
      `InvalidParameterValue: Value ${first?.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    );
  });

  it("a poll that waits gets the next of its group when that is free", async (t) => {
    const { call, send, receive } = await started(t);
    await send("one");
    await send("two");
    const [first] = await receive({ MaxNumberOfMessages: 1 });
    const polling = receive({ WaitTimeSeconds: 20 });
    await call("DeleteMessage", { ReceiptHandle: first?.ReceiptHandle });
    assert.equal((await polling)[0]?.Body, "two");
  });

  it("a poisoned message goes to the dead-letter queue, and the one behind it is received", async (t) => {
    const { call, send, receive } = await started(t);
    const queue = "poisoned.fifo";
    await send("poison", "g1", {}, queue);
    await send("good", "g1", {}, queue);
    const [poison] = await receive({ MaxNumberOfMessages: 1 }, queue);
    await call("ChangeMessageVisibility", { ReceiptHandle: poison?.ReceiptHandle, VisibilityTimeout: 0 }, queue);
    assert.equal((await receive({}, queue))[0]?.Body, "good");
    const [dead] = await receive({ AttributeNames: ["MessageGroupId"] }, "dead.fifo");
    assert.deepEqual([dead?.Body, dead?.["Attributes"]], ["poison", { MessageGroupId: "g1" }]);
  });

  it("shows the attributes of a FIFO queue, and a program that creates it finds it", async (t) => {
    const { url, call } = await started(t, { deduplicationScope: "messageGroup" });
    const wanted = ["FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];
    const { body } = await call("GetQueueAttributes", { AttributeNames: wanted });
    assert.deepEqual(body["Attributes"], {
      FifoQueue: "true",
      ContentBasedDeduplication: "false",
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perQueue",
    });
    const create = (Attributes: object) => callSqs(url, "CreateQueue", { QueueName: "orders.fifo", Attributes });
    assert.equal((await create({ FifoQueue: "True" })).status, 200);
    assert.match(refusal(await create({ DeduplicationScope: "queue" })), /QueueAlreadyExists/);
  });

  it("the query protocol has the same", async (t) => {
    const { url } = await started(t);
    const message = { MessageBody: "one", MessageGroupId: "g1", MessageDeduplicationId: "one" };
    const sent = await querySqs(url, { Action: "SendMessage", QueueUrl: "orders.fifo", ...message });
    assert.match(sent, /<SequenceNumber>\d{20}<\/SequenceNumber>/);
    const received = await querySqs(url, {
      Action: "ReceiveMessage",
      QueueUrl: "orders.fifo",
      "AttributeName.1": "MessageGroupId",
      ReceiveRequestAttemptId: "try",
    });
    assert.match(received, /<Attribute><Name>MessageGroupId<\/Name><Value>g1<\/Value><\/Attribute>/);
  });
});
