import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { declarationOf, functionQueue, SUSPECT_QUEUE, UNDELIVERABLE_QUEUE } from "../../src/domain/queue/queues.ts";
import { firstQueueArguments, queueArguments } from "../../src/edge/rabbitmq/queue-arguments.ts";

const TIMEOUT = "x-consumer-disconnected-timeout";

describe("The arguments of a queue on RabbitMQ", () => {
  it("bring back within 2 s what a router held whose node died, on every queue that routers consume", () => {
    for (const name of [
      functionQueue("f", "http"),
      functionQueue("f", "container"),
      SUSPECT_QUEUE,
      UNDELIVERABLE_QUEUE,
    ]) {
      assert.equal(queueArguments(declarationOf(name))[TIMEOUT], 2_000, name);
    }
  });

  it("are RabbitMQ's own on a user's queue, whose consumers are not ours", () => {
    assert.equal(TIMEOUT in queueArguments({ name: "orders", owner: "user" }), false);
  });

  it("are known as version 0.1.0 had them, whose queues are used as they are", () => {
    const queue = declarationOf(functionQueue("f", "container"));
    assert.deepEqual({ ...firstQueueArguments(queue), [TIMEOUT]: 2_000 }, queueArguments(queue));
  });
});
