import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QueueRefusedError } from "../../../../src/ports/broker/inspector.ts";
import { listen } from "../../../../src/edge/http/server.ts";
import { callSqs, querySqs, sqsRouter } from "../../../support/aws/sqs-router.ts";
import { publicApp } from "../../../support/http/public-app.ts";
import { NO_QUEUES } from "../../../support/no-queues.ts";
import { sampleConfig } from "../../../support/sample.ts";

const TEXT_1025 = "x".repeat(1_025);

/** An input, the code of the query protocol, and the message. */
const REFUSALS: readonly (readonly [operation: string, input: object, code: string, message: string | RegExp])[] = [
  [
    "GetQueueUrl",
    { QueueName: "nope" },
    "AWS.SimpleQueueService.NonExistentQueue",
    "The specified queue does not exist.",
  ],
  ["SendMessage", { MessageBody: "" }, "MissingParameter", "The request must contain the parameter MessageBody."],
  [
    "SendMessage",
    { MessageBody: TEXT_1025 },
    "InvalidParameterValue",
    "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
  ],
  [
    "SendMessage",
    { MessageBody: "x", MessageAttributes: { ErrorDetails: { DataType: "String", StringValue: "" } } },
    "InvalidParameterValue",
    "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
  ],
  [
    "SendMessage",
    { MessageBody: "x", MessageGroupId: "group 123" },
    "InvalidParameterValue",
    "Value group 123 for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
  ],
  [
    "SendMessage",
    { MessageBody: "x", MessageAttributes: { "AWS.x": { DataType: "String", StringValue: "v" } } },
    "InvalidParameterValue",
    /^Message \(user\) attribute name can only contain/,
  ],
  ["SendMessage", { MessageBody: "\u0000" }, "InvalidMessageContents", /^Invalid characters found\./],
  [
    "ReceiveMessage",
    { MaxNumberOfMessages: 11 },
    "InvalidParameterValue",
    "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
  ],
  [
    "ReceiveMessage",
    { WaitTimeSeconds: -1 },
    "InvalidParameterValue",
    "Value -1 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
  ],
  [
    "ReceiveMessage",
    { VisibilityTimeout: 43_201 },
    "InvalidParameterValue",
    "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.",
  ],
  [
    "DeleteMessage",
    { ReceiptHandle: "garbage" },
    "ReceiptHandleIsInvalid",
    'The input receipt handle "garbage" is not a valid receipt handle.',
  ],
  [
    "SendMessageBatch",
    { Entries: [] },
    "AWS.SimpleQueueService.EmptyBatchRequest",
    "There should be at least one SendMessageBatchRequestEntry in the request.",
  ],
  [
    "DeleteMessageBatch",
    { Entries: Array.from({ length: 20 }, (_, at) => ({ Id: `id_${at}`, ReceiptHandle: "x" })) },
    "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "Maximum number of entries per request are 10. You have sent 20.",
  ],
  [
    "SendMessageBatch",
    { Entries: ["id_1", "id_2", "id_2"].map((Id) => ({ Id, MessageBody: "x" })) },
    "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "Id id_2 repeated.",
  ],
  [
    "SendMessageBatch",
    { Entries: [{ Id: "", MessageBody: "x" }] },
    "AWS.SimpleQueueService.InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
  ],
  [
    "SendMessageBatch",
    { Entries: [{ Id: "a", MessageBody: "x".repeat(1_048_577) }] },
    "AWS.SimpleQueueService.BatchRequestTooLong",
    "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
  ],
  ["GetQueueAttributes", { AttributeNames: ["Foo"] }, "InvalidAttributeName", "Unknown Attribute Foo."],
  [
    "CreateQueue",
    { QueueName: "small", Attributes: { MaximumMessageSize: "1024", DelaySeconds: "1" } },
    "QueueAlreadyExists",
    "A queue already exists with the same name and a different value for attribute DelaySeconds",
  ],
  [
    "SetQueueAttributes",
    { Attributes: { DelaySeconds: "1" } },
    "AWS.SimpleQueueService.UnsupportedOperation",
    /change it there/,
  ],
  ["Nothing", {}, "InvalidAction", "The action Nothing is not valid for this endpoint."],
];

describe("errors of the SQS API", () => {
  it("have AWS's codes and texts in the JSON protocol", async (t) => {
    const { url } = await sqsRouter(t, [{ name: "small", maximumMessageBytes: 1_024 }]);
    for (const [operation, input, code, message] of REFUSALS) {
      const { status, body, queryError } = await callSqs(url, operation, { QueueUrl: "small", ...input });
      assert.deepEqual([operation, status, queryError], [operation, 400, `${code};Sender`]);
      if (typeof message === "string") assert.equal(body["message"], message);
      else assert.match(String(body["message"]), message);
      assert.match(String(body["__type"]), /^com\.amazonaws\.sqs#\w+$/);
    }
  });

  it("have AWS's form in the query protocol", async (t) => {
    const { url } = await sqsRouter(t, [{ name: "small" }]);
    const missing = await querySqs(url, { Action: "GetQueueUrl", QueueName: "nope" });
    assert.match(missing, /<Error><Type>Sender<\/Type><Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/);
    assert.match(missing, /<Message>The specified queue does not exist for this wsdl version\.<\/Message><Detail\/>/);
    const misplaced = await querySqs(url, { Action: "ListQueues" }, "/000000000000/small");
    assert.match(misplaced, /<Code>InvalidAction<\/Code><Message>The action ListQueues is not valid for this endpoint/);
    const nothing = await fetch(`${url}/000000000000/small`, { headers: { accept: "application/json" } });
    assert.equal(nothing.status, 404);
    assert.match(await nothing.text(), /<UnknownOperationException\/>/);
  });

  it("a purge within a minute of another is refused", async (t) => {
    const { url } = await sqsRouter(t, [{ name: "small" }]);
    assert.equal((await callSqs(url, "PurgeQueue", { QueueUrl: "small" })).status, 200);
    const { status, queryError } = await callSqs(url, "PurgeQueue", { QueueUrl: "small" });
    assert.deepEqual([status, queryError], [403, "AWS.SimpleQueueService.PurgeQueueInProgress;Sender"]);
  });
});

describe("the query protocol of the SQS API", () => {
  it("sends, receives and deletes as old SDKs do", async (t) => {
    const { url } = await sqsRouter(t, [{ name: "small" }]);
    const sent = await querySqs(url, {
      Action: "SendMessageBatch",
      QueueUrl: `${url}/000000000000/small`,
      "SendMessageBatchRequestEntry.1.Id": "a",
      "SendMessageBatchRequestEntry.1.MessageBody": 'one "two"\r\n<&>',
      "SendMessageBatchRequestEntry.1.MessageAttribute.1.Name": "k",
      "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType": "String",
      "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue": "x",
    });
    assert.match(sent, /<SendMessageBatchResultEntry><Id>a<\/Id>/);
    assert.match(sent, /<MD5OfMessageAttributes>a45daa70926828a2f0a1db3418e6feb4</);
    const asked = { Action: "ReceiveMessage", "AttributeName.1": "All", "MessageAttributeName.1": "All" };
    const received = await querySqs(url, asked, "/000000000000/small");
    assert.match(received, /<Body>one &quot;two&quot;&#xD;\n&lt;&amp;&gt;<\/Body>/);
    assert.match(received, /<Attribute><Name>ApproximateReceiveCount<\/Name><Value>1<\/Value><\/Attribute>/);
    assert.match(received, /<Name>k<\/Name><Value><StringValue>x<\/StringValue><DataType>String<\/DataType><\/Value>/);
    const handle = /<ReceiptHandle>([^<]+)</.exec(received)?.[1] ?? "";
    const deleted = await querySqs(url, { Action: "DeleteMessage", QueueUrl: "small", ReceiptHandle: handle });
    assert.match(deleted, /^<\?xml version="1.0"\?><DeleteMessageResponse xmlns="[^"]+"><ResponseMetadata><RequestId>/);
    assert.match(await querySqs(url, { Action: "ReceiveMessage", QueueUrl: "small" }), /><ReceiveMessageResult\/?>/);
  });

  it("answers in JSON who accepts nothing else", async (t) => {
    const { url } = await sqsRouter(t, [{ name: "small" }]);
    const response = await fetch(`${url}/?Action=ListQueues`, { headers: { accept: "application/json" } });
    const body = (await response.json()) as Record<string, Record<string, unknown>>;
    assert.deepEqual(body["ListQueuesResponse"]?.["ListQueuesResult"], {
      QueueUrls: [`${url}/000000000000/small`],
    });
  });
});

describe("a receive that the router cannot serve", () => {
  const queues = new Map([["small", { name: "small" }]]);
  const REFUSALS = [
    [
      "too-many-held",
      403,
      "OverLimit",
      "Too many messages are in flight: delete some, or wait until they are visible.",
    ],
    ["no-room", 429, "RequestThrottled", "Too much is in flight."],
  ] as const;
  for (const [refusal, status, code, message] of REFUSALS) {
    it(`is refused as ${code}: ${refusal}`, async (t) => {
      const { app } = publicApp({
        config: { ...sampleConfig({}), queues },
        queues: { ...NO_QUEUES, receive: () => Promise.resolve(refusal) },
      });
      const server = await listen(app, { host: "127.0.0.1", port: 0 });
      t.after(() => server.close(1_000));
      const answer = await callSqs(server.url, "ReceiveMessage", { QueueUrl: "small" });
      assert.deepEqual([answer.status, answer.queryError, answer.body["message"]], [status, `${code};Sender`, message]);
    });
  }

  it("is refused as UnsupportedOperation: a queue of another kind", async (t) => {
    const receive = () => Promise.reject(new QueueRefusedError("kind", 'queue "small" is a stream'));
    const { app } = publicApp({
      config: { ...sampleConfig({}), queues },
      queues: { ...NO_QUEUES, receive },
    });
    const server = await listen(app, { host: "127.0.0.1", port: 0 });
    t.after(() => server.close(1_000));
    const { status, body } = await callSqs(server.url, "ReceiveMessage", { QueueUrl: "small" });
    assert.deepEqual(
      [status, body["__type"], body["message"]],
      [400, "com.amazonaws.sqs#UnsupportedOperation", 'queue "small" is a stream'],
    );
  });
});
