import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { SQSClient } from "@aws-sdk/client-sqs";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { sqsClient } from "../../support/aws/sqs-client.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { createDatabase, startPostgres } from "../../support/store/postgres.ts";
import { Router } from "../../support/router/router.ts";

const QUEUE = "orders";
const CONFIG = "queues: { of-file: {} }\n";

const isListed = async (client: SQSClient): Promise<boolean> =>
  ((await client.send(new ListQueuesCommand({}))).QueueUrls ?? []).some((url) => url.endsWith(`/${QUEUE}`));

describe("Queues over the SQS API on two routers, on RabbitMQ and PostgreSQL", { timeout: 180_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());

  it("A queue of one router is there on the other, and goes with its messages on both", async (t) => {
    const env = { BUSBAR_BROKER: await freshVhost(t, []), BUSBAR_STORE: await createDatabase(server.url, t) };
    const routers = await Promise.all([Router.start({ config: CONFIG, env }), Router.start({ config: CONFIG, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const [one, two] = routers.map(({ publicUrl }) => sqsClient(publicUrl)) as [SQSClient, SQSClient];
    t.after(() => [one, two].forEach((client) => client.destroy()));
    const QueueUrl = QUEUE;
    const receive = async (client: SQSClient) =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))).Messages ?? [];

    await one.send(new CreateQueueCommand({ QueueName: QUEUE, Attributes: { VisibilityTimeout: "600" } }));
    await eventually("the other router has it", () => isListed(two));
    await one.send(new SendMessageCommand({ QueueUrl, MessageBody: "in hand" }));
    await eventually("the other router receives", async () => (await receive(two)).length === 1);
    await two.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "60" } }));
    await eventually("the change is there", async () => {
      const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] });
      return (await one.send(asked)).Attributes?.VisibilityTimeout === "60";
    });

    await two.send(new SendMessageCommand({ QueueUrl, MessageBody: "visible" }));
    await eventually("it is received", async () => (await receive(two)).length === 1);
    await two.send(new SendMessageCommand({ QueueUrl, MessageBody: "visible, too" }));
    await two.send(new SendMessageCommand({ QueueUrl, MessageBody: "delayed", DelaySeconds: 2 }));
    // A poll that waits at the other router must not make the queue again for long.
    const polling = one.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 3 })).catch(() => undefined);
    await two.send(new DeleteQueueCommand({ QueueUrl }));
    await polling;
    await eventually("it is gone on both", async () => !(await isListed(one)) && !(await isListed(two)));
    await assert.rejects(receive(one), { name: "QueueDoesNotExist" });

    await one.send(new CreateQueueCommand({ QueueName: QUEUE }));
    await eventually("the other router has it again", () => isListed(two));
    await two.send(new SendMessageCommand({ QueueUrl, MessageBody: "new", DelaySeconds: 3 }));
    const bodies: (string | undefined)[] = [];
    await eventually("the new message is received", async () => {
      bodies.push(...(await receive(one)).map(({ Body }) => Body));
      return bodies.length > 0;
    });
    assert.deepEqual(bodies, ["new"]);
  });

  it("A queue that was deleted while its router died is deleted by another one", async (t) => {
    const env = { BUSBAR_BROKER: await freshVhost(t, []), BUSBAR_STORE: await createDatabase(server.url, t) };
    const routers = await Promise.all([Router.start({ config: CONFIG, env }), Router.start({ config: CONFIG, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const [one, two] = routers.map(({ publicUrl }) => sqsClient(publicUrl)) as [SQSClient, SQSClient];
    t.after(() => [one, two].forEach((client) => client.destroy()));
    await one.send(new CreateQueueCommand({ QueueName: QUEUE }));
    // Else its not being there yet would be taken for its deletion.
    await eventually("the other router has it", () => isListed(two));
    const Entry = { QueueUrl: QUEUE, MessageBody: "old" };
    await one.send(new SendMessageCommand(Entry));
    const deleting = one.send(new DeleteQueueCommand({ QueueUrl: QUEUE })).catch(() => undefined);
    await eventually("it is deleted", async () => {
      const asked = new GetQueueAttributesCommand({ QueueUrl: QUEUE, AttributeNames: ["QueueArn"] });
      const answer = await two.send(asked).catch((error: unknown) => error);
      return answer instanceof Error && answer.name === "QueueDoesNotExist";
    });
    await routers[0].kill();
    await deleting;
    await eventually("it can be made anew", async () => {
      const made = await two.send(new CreateQueueCommand({ QueueName: QUEUE })).catch((error: unknown) => error);
      if (made instanceof Error) assert.equal(made.name, "QueueDeletedRecently");
      return !(made instanceof Error);
    });
    const { Messages = [] } = await two.send(new ReceiveMessageCommand({ QueueUrl: QUEUE, WaitTimeSeconds: 1 }));
    assert.deepEqual(Messages, []);
  });
});
