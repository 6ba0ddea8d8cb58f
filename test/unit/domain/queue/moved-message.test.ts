import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { movedMessage, sourceQueueOf } from "../../../../src/domain/queue/moved-message.ts";

const BEGINNING = { id: "m", sentAtMs: 5, deduplicationId: "new" };

function received(headers: Readonly<Record<string, unknown>>, queue = "dead") {
  return { queue, id: "m", body: Buffer.from("{}"), headers, crashes: 0 };
}

describe("The queue that a message came from", () => {
  const cases: readonly (readonly [what: string, headers: Record<string, unknown>, source: string | undefined])[] = [
    ["a router that moved it there says so", { "busbar-dead-letter-source": "orders" }, "orders"],
    ["RabbitMQ says so, the latest first", { "x-death": [{ queue: "late" }, { queue: "early" }] }, "late"],
    [
      "the router's word counts before RabbitMQ's",
      { "x-death": [{ queue: "mails" }], "busbar-dead-letter-source": "orders" },
      "orders",
    ],
    ["the ladder of delays is no source", { "x-death": [{ queue: "busbar.delay.3" }, { queue: "orders" }] }, "orders"],
    ["the queue that it is in is no source", { "busbar-dead-letter-source": "dead" }, undefined],
    ["a FIFO queue is no source of a standard queue's", { "busbar-dead-letter-source": "orders.fifo" }, undefined],
    ["a message that was sent there has none", {}, undefined],
    ["what anybody may have written is no queue", { "x-death": [null, 1, { queue: 7 }, "x"] }, undefined],
    ["nor is this", { "x-death": "orders", "busbar-dead-letter-source": "" }, undefined],
  ];
  for (const [what, headers, source] of cases) {
    it(what, () => assert.equal(sourceQueueOf(received(headers)), source));
  }
});

describe("A message as it moves", () => {
  it("keeps its attributes and its group, and nothing of its stay", () => {
    const headers = {
      shop: "a",
      count: 3,
      "busbar-message-group-id": "g",
      "busbar-dead-letter-source": "orders",
      "busbar-receives": 4,
      "busbar-first-received-at": 2,
      "busbar-sent-at": 1,
      "x-death": [{ queue: "orders" }],
      odd: true,
    };
    assert.deepEqual(movedMessage(received(headers), { name: "orders" }, BEGINNING), {
      queue: "orders",
      id: "m",
      body: Buffer.from("{}"),
      headers: { shop: "a", count: 3, "busbar-message-group-id": "g", "busbar-sent-at": 5 },
    });
  });

  it("has another deduplication id in a FIFO queue, by that queue's scope", () => {
    const headers = {
      "busbar-message-group-id": "g",
      "busbar-deduplication-id": "old",
      "busbar-deduplication-scope": "messageGroup",
    };
    const placed = (queue: object) =>
      movedMessage(received(headers), { name: "orders.fifo", fifo: true, ...queue }, BEGINNING).headers;
    const common = { "busbar-message-group-id": "g", "busbar-deduplication-id": "new", "busbar-sent-at": 5 };
    assert.deepEqual(placed({}), common);
    assert.deepEqual(placed({ deduplicationScope: "messageGroup" }), {
      ...common,
      "busbar-deduplication-scope": "messageGroup",
    });
  });
});
