import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { eventually } from "../../contract/waiting.ts";
import { callLambda } from "../../support/aws/lambda-calls.ts";
import { sqsClient } from "../../support/aws/sqs-client.ts";
import { BatchFunction } from "../../support/functions/batch-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { createDatabase, startPostgres } from "../../support/store/postgres.ts";
import { Router } from "../../support/router/router.ts";

const SOURCE = "arn:aws:sqs:us-east-1:000000000000:orders";

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
  },
);
