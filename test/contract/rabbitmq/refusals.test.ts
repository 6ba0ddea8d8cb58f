import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ChannelModel } from "amqplib";
import { connect } from "amqplib";
import request from "supertest";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { QueueRefusedError } from "../../../src/ports/broker/inspector.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { declarationOf, functionQueue } from "../../../src/domain/queue/queues.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { RouterQueues } from "../../../src/flow/queues/message-queues.ts";
import { firstQueueArguments } from "../../../src/edge/rabbitmq/topology/queue-arguments.ts";
import { Inbox } from "../waiting.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { NO_QUEUE_OBSERVER } from "../../support/no-queue-observer.ts";
import { sampleConfig } from "../../support/sample.ts";

const LOCKED = "locked-orders";
const STREAM = "order-stream";
const PLAIN = "plain-orders";

/** Queues that users made, and configured although a router cannot use them. */
describe("A queue that refuses on RabbitMQ", () => {
  let owner: ChannelModel;
  let broker: Broker;
  const losses: unknown[] = [];
  const endings: (() => Promise<unknown>)[] = [];

  before(async () => {
    const url = await freshVhost({ after: (end) => endings.push(end) }, [LOCKED, STREAM, PLAIN]);
    owner = await connect(url);
    const channel = await owner.createChannel();
    await channel.assertQueue(LOCKED, { exclusive: true });
    await channel.assertQueue(STREAM, { durable: true, arguments: { "x-queue-type": "stream" } });
    await channel.assertQueue(PLAIN, { durable: true });
    broker = await connectRabbitMq({ urls: [url], events: { disconnected: (error) => losses.push(error) } });
  });
  after(async () => {
    await broker.close();
    await owner.close();
    for (const end of endings) await end();
  });

  const api = () => {
    const config = sampleConfig({ queues: [LOCKED, STREAM, PLAIN] });
    const inFlight = new InFlightBytes(64 * 1024 * 1024);
    const queues = new RouterQueues({ broker, inFlight, observer: NO_QUEUE_OBSERVER, nowMs: Date.now });
    return request(adminAppOf({ router: () => ({ ...runningWith(broker), queues }), config: () => config }));
  };

  const refused = async (asked: Promise<unknown>): Promise<string> => {
    const error = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof QueueRefusedError, String(error));
    return error.refusal;
  };

  it("says that its owner has locked it", async () => {
    assert.equal(await refused(broker.depth(LOCKED)), "locked");
    assert.equal(await refused(broker.peek(LOCKED, 1)), "locked");
    assert.equal(await refused(broker.purge(LOCKED)), "locked");
    assert.equal(await refused(broker.browse(LOCKED).then((browsing) => browsing.next(1))), "locked");
  });

  it("says that a stream cannot be read message by message, and no connection of the router is lost for it", async () => {
    assert.equal(await refused(broker.peek(STREAM, 1)), "kind");
    assert.equal(await refused(broker.purge(STREAM)), "kind");
    assert.equal(await refused(broker.browse(STREAM).then((browsing) => browsing.next(1))), "kind");
    assert.equal((await broker.depth(STREAM))?.ready, 0);
    assert.deepEqual(losses, []);
  });

  it("is listed by the admin API with its problem, beside the others with their numbers", async () => {
    const { status, text } = await api().get("/api/v1/queues");
    assert.equal(status, 200);
    const { queues } = JSON.parse(text) as { queues: { name: string }[] };
    const listed = queues.filter(({ name }) => [LOCKED, PLAIN].includes(name));
    const problem = `queue "${LOCKED}" is locked: the connection that declared it is the only one that may use it`;
    assert.deepEqual(listed, [
      { name: LOCKED, problem, origin: "file" },
      { name: PLAIN, ready: 0, consumers: 0, origin: "file" },
    ]);
  });

  it("answers a peek of the admin API with 409 and the reason", async () => {
    const { status, text } = await api().post(`/api/v1/queues/${STREAM}/peek`);
    assert.equal(status, 409);
    assert.match((JSON.parse(text) as { detail: string }).detail, /"order-stream" is of a kind that cannot be read/);
  });

  for (const queue of [LOCKED, STREAM]) {
    it(`answers a receive from ${queue} of the admin API with 409`, async () => {
      assert.equal((await api().post(`/api/v1/queues/${queue}/receive`)).status, 409);
      assert.deepEqual(losses, []);
    });
  }
});

/** On RabbitMQ 3.10 every argument that it does not know is as good as another; 4.3 compares them. */
describe("A function's queue that version 0.1.0 made on RabbitMQ", () => {
  it("is consumed as it is, and is no fault", async (t) => {
    const queue = declarationOf(functionQueue("old", "other"));
    const url = await freshVhost(t, [queue.name]);
    const before = await connect(url);
    const channel = await before.createChannel();
    await channel.assertQueue(queue.name, { arguments: firstQueueArguments(queue) });
    await before.close();
    const faults: string[] = [];
    const broker = await connectRabbitMq({ urls: [url], events: { fault: (message) => faults.push(message) } });
    t.after(() => broker.close());
    await broker.declare([queue]);
    await broker.publish([{ queue: queue.name, id: "1", headers: {}, body: Buffer.from("{}") }]);
    const inbox = new Inbox();
    const consumer = await broker.consume(queue.name, 1, inbox.handler);
    await inbox.has(1);
    await consumer.stop();
    assert.deepEqual(faults, []);
  });
});
