import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import { HEADER } from "../../../src/domain/delivery/headers.ts";
import { sqsRouter } from "../../support/aws/sqs-router.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { sampleConfig } from "../../support/sample.ts";

const FIFO = { name: "orders.fifo", fifo: true };

describe("messages of FIFO queues over the admin API", () => {
  it("a standard queue's message has no deduplication id", async (t) => {
    const { broker, queues } = await sqsRouter(t, [{ name: "orders" }]);
    const app = adminAppOf({
      config: () => sampleConfig({ queues: ["orders"] }),
      router: () => ({ ...runningWith(broker), queues }),
    });
    const body = { body: "x", messageDeduplicationId: "d" };
    const answer = await request(app).post("/api/v1/queues/orders/messages").send(body);
    assert.equal(answer.status, 400);
    assert.match((answer.body as { detail: string }).detail, /^messageDeduplicationId is for messages of FIFO queues/);
  });

  it("a message needs a group and no delay, each is sent once, and a receive takes its group in order", async (t) => {
    const { broker, queues } = await sqsRouter(t, [FIFO]);
    const config = { ...sampleConfig({}), queues: new Map([[FIFO.name, FIFO]]) };
    const app = adminAppOf({ config: () => config, router: () => ({ ...runningWith(broker), queues }) });
    const ask = (path: string, body?: object) => request(app).post(`/api/v1/queues/orders.fifo/${path}`).send(body);
    const refused = async (body: object) => (await ask("messages", body)).body as { status: number; detail: string };
    assert.match((await refused({ body: "x" })).detail, /^messageGroupId is missing/);
    const delayed = { body: "x", messageGroupId: "g", delaySeconds: 1 };
    assert.match((await refused(delayed)).detail, /^delaySeconds is not for/);
    for (const body of ["same", "same"]) {
      assert.equal((await ask("messages", { body, messageGroupId: "g" })).status, 200);
    }
    const first = (await ask("receive?limit=1")).body as { messages: { headers: Record<string, unknown> }[] };
    assert.equal(first.messages[0]?.headers[HEADER.messageGroupId], "g");
    const place = { messageGroupId: "g", messageDeduplicationId: "order-7" };
    const ids = [];
    for (const body of ["first", "second"])
      ids.push(((await ask("messages", { body, ...place })).body as { id: string }).id);
    assert.equal(ids[0], ids[1], "the second is not stored");
    const locked = (await ask("receive?delete=true")).body as { messages: unknown[] };
    assert.deepEqual(locked.messages, [], "its group is locked");
  });
});
