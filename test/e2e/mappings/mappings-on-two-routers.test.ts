import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CreateQueueCommand, ListQueuesCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { callLambda } from "../../support/aws/lambda-calls.ts";
import { sqsClient } from "../../support/aws/sqs-client.ts";
import { BatchFunction } from "../../support/functions/batch-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { createDatabase, startPostgres } from "../../support/store/postgres.ts";
import { Router } from "../../support/router/router.ts";

const SOURCE = "arn:aws:sqs:us-east-1:000000000000:orders";
const FIFO = "orders.fifo";

describe(
  "Event source mappings over the Lambda API on two routers, on RabbitMQ and PostgreSQL",
  { timeout: 180_000 },
  () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres();
    });
    after(() => server.remove());

    it("A mapping of one router is in force on the other, which goes on with it when the first one dies", async (t) => {
      const work = await BatchFunction.start();
      t.after(() => work.stop());
      const config = `
queues: { orders: { visibilityTimeoutSeconds: 10 } }
functions: { work: { http: { url: "${work.url}" }, timeoutSeconds: 3 } }
`;
      const env = { BUSBAR_BROKER: await freshVhost(t, ["orders"]), BUSBAR_STORE: await createDatabase(server.url, t) };
      const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
      t.after(() => Promise.all([one.remove(), two.remove()]));
      const state = async ({ publicUrl }: Router, uuid: string): Promise<unknown> =>
        (await callLambda(publicUrl, "GET", `/${uuid}`)).body["State"];
      const sqs = sqsClient(two.publicUrl);
      t.after(() => sqs.destroy());
      const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: "orders", MessageBody }));

      const given = { EventSourceArn: SOURCE, FunctionName: "work" };
      const made = await callLambda(one.publicUrl, "POST", "", given);
      assert.equal(made.status, 202);
      const uuid = String(made.body["UUID"]);
      assert.equal(await state(one, uuid), "Enabled");
      // The store has it: a router that has yet to take it over says that it is being made.
      assert.match(String(await state(two, uuid)), /^(Creating|Enabled)$/);
      assert.equal((await callLambda(two.publicUrl, "POST", "", given)).error, "ResourceConflictException");
      await eventually("it is in force on the other one", async () => (await state(two, uuid)) === "Enabled");

      await callLambda(two.publicUrl, "PUT", `/${uuid}`, { Enabled: false });
      await eventually("it is disabled on both", async () => (await state(one, uuid)) === "Disabled");
      await send("waits");
      await callLambda(one.publicUrl, "PUT", `/${uuid}`, { Enabled: true });
      await eventually("the function is called", () => work.bodies.includes("waits"));
      await eventually("it is enabled on both", async () => (await state(two, uuid)) === "Enabled");

      await one.kill();
      await send("goes on");
      await eventually("the other router calls it", () => work.bodies.includes("goes on"));
      assert.equal((await callLambda(two.publicUrl, "DELETE", `/${uuid}`)).body["State"], "Deleting");
      assert.equal((await callLambda(two.publicUrl, "GET", `/${uuid}`)).status, 404);
    });

    it("A FIFO queue of the API is read in the order of each group, past a call that fails and a router that dies", async (t) => {
      let failuresLeft = 1;
      const work = await BatchFunction.start(([record], _call, response) => {
        const isFailure = record?.body === "a1" && failuresLeft-- > 0;
        response.writeHead(isFailure ? 500 : 200).end("{}");
      });
      t.after(() => work.stop());
      const config = `functions: { work: { http: { url: "${work.url}" }, timeoutSeconds: 2 } }\n`;
      const env = { BUSBAR_BROKER: await freshVhost(t, [FIFO]), BUSBAR_STORE: await createDatabase(server.url, t) };
      const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
      t.after(() => Promise.all([one.remove(), two.remove()]));
      const clients = [sqsClient(one.publicUrl), sqsClient(two.publicUrl)] as const;
      t.after(() => clients.forEach((client) => client.destroy()));

      const Attributes = { FifoQueue: "true", VisibilityTimeout: "3" };
      await clients[0].send(new CreateQueueCommand({ QueueName: FIFO, Attributes }));
      const isThere = async () => (await clients[1].send(new ListQueuesCommand({}))).QueueUrls?.length === 1;
      await eventually("the other router has the queue", isThere);
      const send = (body: string) =>
        clients[1].send(
          new SendMessageCommand({
            QueueUrl: FIFO,
            MessageBody: body,
            MessageGroupId: body.slice(0, 1),
            MessageDeduplicationId: body,
          }),
        );
      for (const body of ["a1", "a2", "b1", "a1"]) await send(body);
      const given = { EventSourceArn: `${SOURCE}.fifo`, FunctionName: "work", BatchSize: 1 };
      assert.equal((await callLambda(two.publicUrl, "POST", "", given)).status, 202);
      await eventually("all were handled", () => work.bodies.length >= 4);
      const ofGroup = (group: string) => work.bodies.filter((body) => body.startsWith(group)).join();
      // The second a1 has the deduplication id of the first one.
      assert.deepEqual([ofGroup("a"), ofGroup("b")], ["a1,a1,a2", "b1"]);
      assert.ok(work.bodies.indexOf("b1") < work.bodies.lastIndexOf("a1"), "a group waits for no other one");
      await one.kill();
      await send("a3");
      await eventually("the other router goes on", () => ofGroup("a") === "a1,a1,a2,a3");
    });
  },
);
