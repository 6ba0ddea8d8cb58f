import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import type { ChannelModel } from "amqplib";
import type { Attachment, RecoveringConnection } from "../../../../../src/edge/rabbitmq/connection/connection.ts";
import { ReadyCount } from "../../../../../src/edge/rabbitmq/holds/receiving/ready-count.ts";
import type { Topology } from "../../../../../src/edge/rabbitmq/topology/topology.ts";

describe("the count of what is ready on RabbitMQ", () => {
  it("hundreds who ask at once share two questions, whose answers are from after they asked", async () => {
    let ready = 0;
    let questions = 0;
    const checkQueue = (): Promise<{ messageCount: number }> => {
      questions += 1;
      return Promise.resolve({ messageCount: ready });
    };
    const channel = Object.assign(new EventEmitter(), { checkQueue });
    const model = { createChannel: () => Promise.resolve(channel) } as unknown as ChannelModel;
    const connection = { model, attach: (attachment: Attachment) => attachment.attach(model) };
    const topology = { find: () => ({}) };
    const count = new ReadyCount(connection as unknown as RecoveringConnection, topology as unknown as Topology);
    await count.start();
    const first = count.of("orders");
    ready = 7;
    const others = Array.from({ length: 500 }, () => count.of("orders"));
    assert.equal(await first, 0);
    assert.deepEqual(new Set(await Promise.all(others)), new Set([7]));
    assert.equal(questions, 2);
  });
});
