import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Channel, ChannelModel } from "amqplib";
import {
  delayedBySeconds,
  delayedRoute,
  ladderSteps,
  queueOfDelayedRoute,
} from "../../../../src/edge/rabbitmq/topology/delay-ladder.ts";
import { outgoingHeaders } from "../../../../src/edge/rabbitmq/publishing/headers.ts";
import { delayed } from "../../../../src/edge/rabbitmq/publishing/message.ts";

const QUEUE = "busbar.function.stock";

describe("the delay ladder", () => {
  it("enters at the highest level that a delay needs", () => {
    const cases = [
      [1, "busbar.delay.0", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1"],
      [5, "busbar.delay.2", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.1"],
      [131_071, "busbar.delay.16", "1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1"],
    ] as const;
    for (const [seconds, exchange, bits] of cases) {
      assert.deepEqual(delayedRoute(QUEUE, seconds), { exchange, routingKey: `${bits}.${QUEUE}` });
    }
  });

  it("finds the queue in the routing key again, dots and all", () => {
    assert.equal(queueOfDelayedRoute(delayedRoute(QUEUE, 77).routingKey), QUEUE);
    assert.equal(queueOfDelayedRoute(QUEUE), undefined);
  });

  it("refuses a delay that it cannot hold", () => {
    for (const seconds of [0, 131_072, NaN]) assert.throws(() => delayedRoute(QUEUE, seconds), RangeError);
  });

  it("has 17 queues, of which the Nth keeps a message 2^N seconds and hands it on at least once", async () => {
    const queues: [name: string, ttlMs: unknown, strategy: unknown, overflow: unknown][] = [];
    const channel = {
      assertQueue: (name: string, { arguments: given }: { arguments: Record<string, unknown> }) =>
        queues.push([name, given["x-message-ttl"], given["x-dead-letter-strategy"], given["x-overflow"]]),
      assertExchange: () => undefined,
      bindQueue: () => undefined,
      bindExchange: () => undefined,
    };
    for (const step of ladderSteps())
      await step.run(channel as unknown as Channel, undefined as unknown as ChannelModel);
    const wanted = Array.from({ length: 17 }, (_, level) => [
      `busbar.delay.${level}`,
      2 ** level * 1_000,
      "at-least-once",
      "reject-publish",
    ]);
    assert.deepEqual(queues, wanted);
  });

  it("rounds up to whole seconds, and notes when the message is due", () => {
    const message = { queue: QUEUE, id: "1", body: Buffer.from("{}"), headers: {} };
    const cases = [
      [1, 1],
      [1_000, 1],
      [1_001, 2],
    ] as const;
    for (const [delayMs, seconds] of cases) {
      const { routingKey, options } = delayed(message, delayMs, 5_000);
      assert.equal(routingKey, delayedRoute(QUEUE, seconds).routingKey);
      assert.deepEqual(options.headers, { "busbar-due-at": 5_000 + seconds * 1_000 });
    }
  });

  it("counts as late what the ladder was late, not what its queue kept waiting", () => {
    const died = (atSeconds: number) => [{ time: { "!": "timestamp", value: atSeconds } }];
    assert.equal(delayedBySeconds({}, 9_000), undefined);
    assert.equal(delayedBySeconds({ "busbar-due-at": "soon" }, 9_000), undefined);
    assert.equal(delayedBySeconds({ "busbar-due-at": 5_000 }, 9_000), 4);
    assert.equal(delayedBySeconds({ "busbar-due-at": 5_000, "x-death": died(5) }, 9_000_000), 0.999);
    assert.equal(delayedBySeconds({ "busbar-due-at": 5_000, "x-death": [...died(5), ...died(7)] }, 9_000_000), 2.999);
    assert.equal(delayedBySeconds({ "busbar-due-at": 5_000, "x-death": died(5) }, 5_010), 0.01);
    assert.equal(delayedBySeconds({ "busbar-due-at": 5_000, "x-death": [null, "?"] }, 4_000), 0);
  });
});

describe("the headers of a message to publish", () => {
  it("are as given when they are short", () => {
    const headers = { "busbar-attempt": 2, ERROR_CODE: "TIMEOUT", empty: "" };
    assert.deepEqual(outgoingHeaders(headers), headers);
  });

  it("are no longer than 4 KiB each, cut between characters", () => {
    const { ascii, wide } = outgoingHeaders({ ascii: "a".repeat(5_000), wide: "€".repeat(5_000) });
    assert.equal(ascii, "a".repeat(4_096));
    assert.equal(wide, "€".repeat(1_365));
  });

  it("fit into 32 KiB together, and the longest give way", () => {
    const long = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`h${n}`, "x".repeat(4_000)]));
    const headers = outgoingHeaders({ ...long, short: "whole" });
    assert.equal(headers["short"], "whole");
    const bytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length, 0);
    assert.ok(bytes <= 32 * 1024 && bytes > 16 * 1024, `${bytes} bytes`);
  });

  it("have an event whole, whatever else must give way", () => {
    const long = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`h${n}`, "x".repeat(4_000)]));
    const headers = outgoingHeaders({ ...long, "busbar-event": "e".repeat(16_384) });
    assert.equal(String(headers["busbar-event"]).length, 16_384);
  });

  it("leave out those that are not ours where their names alone are too long", () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`${n}-${"x".repeat(200)}`, n]));
    const headers = outgoingHeaders({ ...many, "busbar-attempt": 1, ERROR_CODE: "TIMEOUT" });
    assert.equal(headers["busbar-attempt"], 1);
    assert.equal(headers["ERROR_CODE"], "TIMEOUT");
    const bytes = Object.keys(headers).reduce((sum, name) => sum + name.length + 8, 0);
    assert.ok(bytes <= 32 * 1024 && bytes > 24 * 1024, `${bytes} bytes`);
  });

  it("carry nothing that the broker wrote about an earlier stay, nor what has no place in a header", () => {
    const broker = { "x-death": [{}], "x-first-death-queue": "q", "x-delivery-count": 3, "busbar-due-at": 1 };
    assert.deepEqual(outgoingHeaders({ ...broker, nested: {}, nothing: null, kept: 1 }), { kept: 1 });
  });
});
