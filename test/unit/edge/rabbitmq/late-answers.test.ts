import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import type { Channel, ChannelModel, GetMessage } from "amqplib";
import { TimeLimitError } from "../../../../src/async/time-limit.ts";
import { declarationOf } from "../../../../src/domain/queue/queues.ts";
import { HoldChannels } from "../../../../src/edge/rabbitmq/holds/receiving/hold-channels.ts";
import { Topology } from "../../../../src/edge/rabbitmq/topology/topology.ts";
import { ScriptedChannel } from "../../../support/rabbitmq/scripted-channel.ts";

/** A channel whose gets, consumes and declares are answered when the test says so. */
class SilentChannel extends ScriptedChannel {
  readonly answer = Promise.withResolvers<GetMessage | false>();
  readonly consumed = Promise.withResolvers<{ consumerTag: string }>();

  get(): Promise<GetMessage | false> {
    return this.answer.promise;
  }

  override consume(): Promise<{ consumerTag: string }> {
    return this.consumed.promise;
  }

  assertQueue(): Promise<never> {
    return new Promise(() => undefined);
  }
}

function channelsOf(channel: SilentChannel): HoldChannels {
  const first = { get: () => Promise.resolve(undefined), forget: () => undefined };
  const connection = { channel: () => Promise.resolve(channel as unknown as Channel) };
  return new HoldChannels(connection, first as never, () => undefined);
}

/** Lets what was begun come to its timer, and lets that fire. */
async function pass(t: TestContext, ms: number): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
  t.mock.timers.tick(ms);
}

describe("what RabbitMQ answers too late", () => {
  it("a message that comes when its get has given up goes back to the queue", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const channel = new SilentChannel();
    const getting = assert.rejects(channelsOf(channel).get("orders"), TimeLimitError);
    await pass(t, 10_000);
    await getting;
    const fields = { deliveryTag: 7, redelivered: false };
    channel.answer.resolve({ fields, properties: { headers: {} }, content: Buffer.alloc(0) } as unknown as GetMessage);
    await turn();
    assert.ok(channel.frames.includes("nack 7"));
  });

  it("a subscription that is confirmed when nobody waits for it is cancelled", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const channel = new SilentChannel();
    const subscribing = assert.rejects(
      channelsOf(channel).subscribe("orders", () => undefined),
      TimeLimitError,
    );
    await pass(t, 10_000);
    await subscribing;
    channel.consumed.resolve({ consumerTag: "tag" });
    await turn();
    assert.ok(channel.frames.includes("cancel"));
  });

  it("a declaration that is never answered ends the first receive of a queue", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const topology = new Topology(() => undefined);
    topology.remember([declarationOf("orders")]);
    const model = { createChannel: () => Promise.resolve(new SilentChannel()) } as unknown as ChannelModel;
    const asking = assert.rejects(topology.isAsDeclared(model, "orders"), TimeLimitError);
    await pass(t, 30_000);
    await asking;
  });
});
