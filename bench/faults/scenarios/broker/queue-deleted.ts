import { connect } from "amqplib";
import { eventually } from "../../../../test/contract/waiting.ts";
import { AmqpProxy } from "../../../../test/support/rabbitmq/amqp-proxy.ts";
import type { Scenario } from "../../scenario.ts";

const QUEUE = "busbar.function.healthy";
const TARGET = "healthy";
const DELIVERIES_BETWEEN = 20;

/**
 * What is in a queue that a person deletes is gone with it, and nobody can bring it back. The promise is about all
 * else: no put that begins after the deletion loses its delivery, the other targets of every event lose nothing, and
 * a publish that was on its way at that moment is refused, or stored in the queue that is made again.
 */
export const queueDeleted: Scenario = {
  name: "queue-deleted",
  description: "a function's queue is deleted, with a publish to it on its way, and again and again under load",
  seconds: 15,
  async run(context) {
    const directBroker = await (await context.rabbitMq()).newVhost();
    const proxy = await AmqpProxy.start(directBroker);
    context.after(() => proxy.close());
    const stage = await context.stage({ broker: proxy.through(directBroker), directBroker });
    const { ends } = stage.configuration;
    const person = await connect(directBroker);
    context.after(() => person.close());
    const channel = await person.createChannel();

    // The queue is empty, and the publish is held back until the queue is gone: nothing may be lost at all.
    const onTheWay = { direction: "toBroker", method: "basic.publish", queue: QUEUE, passes: false } as const;
    const held = proxy.interruptAt(onTheWay, "hold");
    const few = stage.startLoad({ count: 20 });
    await held;
    await channel.deleteQueue(QUEUE);
    proxy.release();
    await few.done;
    const event = { source: "faults", detail: {} };
    await eventually("events are accepted again", async () => (await stage.put([event])).size === 1);

    const deadlineMs = performance.now() + context.seconds * 1_000;
    do {
      const load = stage.startLoad();
      await stage.flows(DELIVERIES_BETWEEN);
      await channel.deleteQueue(QUEUE);
      load.stop();
      await load.done;
      stage.ledger.expect(load.accepted, withOptional(ends, TARGET));
    } while (performance.now() < deadlineMs);

    stage.startLoad();
    return stage.account();
  },
};

function withOptional<Ends extends object>(ends: ReadonlyMap<string, Ends>, target: string): Map<string, Ends> {
  return new Map([...ends].map(([name, each]) => [name, name === target ? { ...each, optional: true } : each]));
}
