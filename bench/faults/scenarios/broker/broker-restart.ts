import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "../../scenario.ts";

export const brokerRestart: Scenario = {
  name: "broker-restart",
  description: "RabbitMQ is stopped in good order under load, and started again, as in an upgrade",
  seconds: 5,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({ broker: await rabbitMq.newVhost() });
    const load = stage.startLoad();
    await stage.flows();

    await rabbitMq.stop();
    await load.refused();
    await sleep(context.seconds * 1_000);
    await rabbitMq.start();

    return stage.account();
  },
};
