import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AmqpProxy } from "../../../../test/support/rabbitmq/amqp-proxy.ts";
import type { Scenario } from "../../scenario.ts";

export const channelClosed: Scenario = {
  name: "channel-closed",
  description: "RabbitMQ closes all channels, or cancels all consumers, every half second, while the connections stay",
  seconds: 10,
  async run(context) {
    const directBroker = await (await context.rabbitMq()).newVhost();
    const proxy = await AmqpProxy.start(directBroker);
    context.after(() => proxy.close());
    const stage = await context.stage({ broker: proxy.through(directBroker), directBroker });
    stage.startLoad();
    await stage.flows();

    const taken = { channels: 0, consumers: 0 };
    for (let second = 0; second < context.seconds; second++) {
      taken.channels += proxy.closeChannels();
      await sleep(500);
      taken.consumers += proxy.cancelConsumers();
      await sleep(500);
    }
    assert.ok(taken.channels > 0 && taken.consumers > 0, "there were channels and consumers to take away");
    const reconnects = await stage.router.metric("busbar_broker_reconnects_total");
    assert.equal(reconnects, 0, "the connections were to stay");

    const facts = await stage.account();
    return { ...facts, notes: [`${taken.channels} channels were closed and ${taken.consumers} consumers cancelled`] };
  },
};
