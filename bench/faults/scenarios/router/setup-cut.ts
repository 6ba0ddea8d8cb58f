import type { Method } from "../../../../test/support/rabbitmq/amqp-frames.ts";
import type { Moment } from "../../../../test/support/rabbitmq/amqp-proxy.ts";
import { AmqpProxy } from "../../../../test/support/rabbitmq/amqp-proxy.ts";
import type { Scenario } from "../../scenario.ts";

/** What a router asks for when it comes back to the broker, in about this order. */
const REQUESTS: readonly Method[] = [
  "channel.open",
  "queue.declare",
  "exchange.declare",
  "queue.bind",
  "confirm.select",
  "basic.consume",
];
const DELIVERIES_BETWEEN = 20;

export const setupCut: Scenario = {
  name: "setup-cut",
  description: "connections are reset while they are being recovered, at each kind of request in turn, twice running",
  seconds: 30,
  async run(context) {
    const directBroker = await (await context.rabbitMq()).newVhost();
    const proxy = await AmqpProxy.start(directBroker);
    context.after(() => proxy.close());
    const stage = await context.stage({ broker: proxy.through(directBroker), directBroker });
    stage.startLoad();

    const deadlineMs = performance.now() + context.seconds * 1_000;
    let nth = 1;
    do {
      for (const method of REQUESTS) {
        await stage.flows(DELIVERIES_BETWEEN);
        // There is one publishing channel only, while all else is asked for many times.
        const which = method === "confirm.select" ? 1 : nth;
        const moment: Moment = { direction: "toBroker", method, nth: which, passes: nth % 2 === 0 };
        const first = proxy.interruptAt(moment, "cut");
        proxy.cut();
        await first;
        await proxy.interruptAt(moment, "cut");
      }
      nth += 1;
    } while (performance.now() < deadlineMs);

    return stage.account();
  },
};
