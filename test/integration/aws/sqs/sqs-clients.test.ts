import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { skipWithout } from "../../../support/aws/programs/programs.ts";
import { sqsRouter } from "../../../support/aws/sqs-router.ts";
import {
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  QueueDoesNotExist,
} from "@aws-sdk/client-sqs";

const run = promisify(execFile);
const skipBoto3 = await skipWithout("boto3", "python3", "-c", "import boto3");
// Debian's packages are of Debian's own Python.
const skipKombu = await skipWithout("kombu", "/usr/bin/python3", "-c", "import kombu.transport.SQS, boto3");
const skipCelery = await skipWithout(
  "celery",
  "/usr/bin/python3",
  "-c",
  "import celery, kombu.transport.SQS, boto3, pycurl",
);
const skipCli = await skipWithout("the AWS CLI", "python3", "-c", "import awscli.clidriver");

describe("clients of the SQS API", () => {
  it("the SDK for JavaScript finds its digests right, and its errors by class", async (t) => {
    const { url } = await sqsRouter(t, [{ name: "orders" }]);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const client = new SQSClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
    t.after(() => client.destroy());
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: "orders" }));
    const bytes = Uint8Array.from([0, 1, 2]);
    const MessageAttributes = { b: { DataType: "Binary", BinaryValue: bytes } };
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "hi", MessageAttributes }));
    const Entries = [{ Id: "a", MessageBody: "two", DelaySeconds: 0 }];
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const asked = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["b"] };
    const { Messages = [] } = await client.send(new ReceiveMessageCommand(asked));
    assert.deepEqual(
      Messages.map(({ Body }) => Body),
      ["hi", "two"],
    );
    assert.deepEqual(Messages[0]?.MessageAttributes?.["b"]?.BinaryValue, bytes);
    const deleted = Messages.map(({ ReceiptHandle }, at) => ({ Id: `d-${at}`, ReceiptHandle }));
    const { Successful } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: deleted }));
    assert.equal(Successful?.length, 2);
    await assert.rejects(client.send(new GetQueueUrlCommand({ QueueName: "nope" })), QueueDoesNotExist);
  });

  it("boto3 does with a queue what it does on AWS", { skip: skipBoto3 }, async (t) => {
    const { url } = await sqsRouter(t, [{ name: "orders" }]);
    const { stdout } = await run("python3", ["test/support/aws/programs/boto3-sqs.py", url]);
    assert.equal(stdout, "ok\n");
  });

  it("boto3 does with a FIFO queue what it does on AWS", { skip: skipBoto3 }, async (t) => {
    const { url } = await sqsRouter(t, [{ name: "orders.fifo", fifo: true, contentBasedDeduplication: true }]);
    const { stdout } = await run("python3", ["test/support/aws/programs/boto3-sqs-fifo.py", url]);
    assert.equal(stdout, "ok\n");
  });

  it("the AWS CLI sends to a FIFO queue and receives its group in order", { skip: skipCli }, async (t) => {
    const { url } = await sqsRouter(t, [{ name: "orders.fifo", fifo: true }]);
    const aws = awsCli(url, "orders.fifo");
    for (const body of ["one", "two", "one"]) {
      await aws("send-message", "--message-body", body, "--message-group-id", "g", "--message-deduplication-id", body);
    }
    const received = await aws("receive-message", "--max-number-of-messages", "10");
    const { Messages } = JSON.parse(received) as { Messages: { Body: string }[] };
    assert.deepEqual(
      Messages.map(({ Body }) => Body),
      ["one", "two"],
    );
  });

  it("boto3's resource API sends, receives, gives back, deletes and purges", { skip: skipBoto3 }, async (t) => {
    const { url } = await sqsRouter(t, [{ name: "orders" }]);
    const { stdout } = await run("python3", ["test/support/aws/programs/boto3-sqs-resource.py", url]);
    assert.equal(stdout, "ok\n");
  });

  it("kombu, which Celery uses, puts, gets, acknowledges and requeues", { skip: skipKombu }, async (t) => {
    const { url } = await sqsRouter(t, [{ name: "orders" }]);
    const args = ["test/support/aws/programs/kombu-sqs.py", new URL(url).host];
    const { stdout } = await run("/usr/bin/python3", args, { timeout: 45_000 });
    assert.equal(stdout, "ok\n");
  });

  it("Celery's worker handles tasks, retries and tasks for later, each once", { skip: skipCelery }, async (t) => {
    const { url, broker } = await sqsRouter(t, [{ name: "tasks" }, { name: "tasks-other" }]);
    const env = { ...process.env, BUSBAR_URL: url };
    const program = "test/support/aws/programs/celery-sqs.py";
    const { stdout } = await run("/usr/bin/python3", [program], { env, timeout: 180_000 });
    assert.equal(stdout, "ok\n");
    for (const queue of ["tasks", "tasks-other"])
      assert.deepEqual(await broker.holds.counts(queue), { visible: 0, invisible: 0, delayed: 0 }, queue);
  });

  it("the AWS CLI sends and receives", { skip: skipCli }, async (t) => {
    const { url } = await sqsRouter(t, [{ name: "orders" }]);
    const aws = awsCli(url, "orders");
    await aws("send-message", "--message-body", "hello");
    const { Messages } = JSON.parse(await aws("receive-message")) as { Messages: { Body: string }[] };
    assert.deepEqual(
      Messages.map(({ Body }) => Body),
      ["hello"],
    );
    assert.equal(await aws("receive-message"), "", "it is invisible");
  });
});

/** Runs the AWS CLI for a queue; resolves with what it prints. */
function awsCli(url: string, queue: string): (...words: string[]) => Promise<string> {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const common = ["--endpoint-url", url, "--region", "us-east-1", "--queue-url", `${url}/000000000000/${queue}`];
  return async (...words) => {
    const { stdout } = await run("aws", ["sqs", ...words, ...common, "--output", "json"], { env });
    return stdout;
  };
}
