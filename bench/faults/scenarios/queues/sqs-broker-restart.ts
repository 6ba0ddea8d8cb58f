import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { QueueStage } from "../../sqs/queue-stage.ts";
import type { Scenario } from "../../scenario.ts";

export const sqsBrokerRestart: Scenario = {
  name: "sqs-broker-restart",
  description:
    "RabbitMQ is stopped in good order while routers hold received messages, and started again: what has moved stays invisible, the rest is received again",
  seconds: 5,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await QueueStage.start(context, await rabbitMq.newVhost());
    const held = await stage.holdLarge(stage.routers[0]);

    const goesAtMs = performance.now();
    const deleting = stage.deleteHalf(held);
    await rabbitMq.stop();
    await eventually("sends are refused", async () => (await stage.clients.send("orders", ["{}"])).length === 0);
    stage.ledger.excuse(goesAtMs, performance.now());
    await sleep(context.seconds * 1_000);
    await rabbitMq.start();
    await deleting;

    return stage.account();
  },
};
