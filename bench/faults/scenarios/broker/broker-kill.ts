import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "../../scenario.ts";

/** A single RabbitMQ node writes its list of queues half a second late: killed before that, it forgets a new queue. */
const QUEUE_AGE_MS = 2_000;

export const brokerKill: Scenario = {
  name: "broker-kill",
  description: "RabbitMQ is killed with SIGKILL under load, and started again",
  seconds: 8,
  ciSeconds: 3,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({ broker: await rabbitMq.newVhost() });
    const load = stage.startLoad();
    await sleep(QUEUE_AGE_MS);
    await stage.flows();

    await rabbitMq.kill();
    await load.refused();
    await sleep(context.seconds * 1_000);
    await rabbitMq.start();

    return stage.account();
  },
};
