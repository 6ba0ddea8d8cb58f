import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { Router } from "../../support/router/router.ts";

const CONFIG = `
queues:
  orders.fifo: { fifo: true, contentBasedDeduplication: true }
rules:
  orders:
    eventPattern: { source: [shop] }
    targets:
      queue:
        queue: orders.fifo
        inputPath: $.detail
        sqsParameters: { messageGroupId: shop }
`;

describe("A FIFO queue that a rule fills, on the embedded broker", { timeout: 60_000 }, () => {
  it("Events come in order, each body once, and are still in flight after a restart", async (t) => {
    const router = await Router.start({ config: CONFIG });
    t.after(() => router.remove());
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const settings = () => ({ endpoint: router.publicUrl, region: "us-east-1", credentials, maxAttempts: 1 });
    const events = new EventBridgeClient(settings());
    t.after(() => events.destroy());

    for (const n of [1, 2, 1, 3]) {
      const entry = { Source: "shop", DetailType: "Ordered", Detail: JSON.stringify({ n }) };
      await events.send(new PutEventsCommand({ Entries: [entry] }));
    }
    const receive = async (MaxNumberOfMessages: number): Promise<readonly (string | undefined)[]> => {
      const client = new SQSClient(settings());
      const asked = { QueueUrl: "orders.fifo", MaxNumberOfMessages, VisibilityTimeout: 600 };
      const { Messages = [] } = await client.send(new ReceiveMessageCommand(asked));
      client.destroy();
      return Messages.map(({ Body }) => Body);
    };
    await eventually("all are there", async () => (await router.depth("orders.fifo")) === 3);
    assert.deepEqual(await receive(2), ['{"n":1}', '{"n":2}']);
    await router.kill();
    await router.launch();
    assert.deepEqual(await receive(10), [], "the group is locked");
  });
});
