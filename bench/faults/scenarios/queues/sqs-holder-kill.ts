import { setTimeout as sleep } from "node:timers/promises";
import { QueueStage } from "../../sqs/queue-stage.ts";
import type { Scenario } from "../../scenario.ts";

/** When a router is killed that has just got the last of the messages, while the first ones move, in turn. */
const KILL_MS = [0, 300, 600, 900];

export const sqsHolderKill: Scenario = {
  name: "sqs-holder-kill",
  description:
    "one router after the other is killed while it holds received messages, and some of them move: what is deleted stays deleted, the rest is received again",
  seconds: 60,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await QueueStage.start(context, await rabbitMq.newVhost());
    const endMs = performance.now() + context.seconds * 1_000;
    let kills = 0;
    do {
      const router = stage.routers[kills % 2 === 0 ? 0 : 1];
      const held = await stage.holdLarge(router);
      await sleep(KILL_MS[kills % KILL_MS.length]);
      await router.kill();
      kills += 1;
      await stage.deleteHalf(held);
      await router.launch();
    } while (performance.now() < endMs || kills < 2);
    return stage.account([`a router was killed ${kills} times`]);
  },
};
