import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "../../scenario.ts";

const BETWEEN_KILLS_MS = 1_000;

export const routerRelay: Scenario = {
  name: "router-relay",
  description: "three routers share the work, and one of them is killed each second",
  seconds: 30,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({ broker: await rabbitMq.newVhost(), routers: 3 });
    stage.startLoad();
    await stage.flows();

    const deadlineMs = performance.now() + context.seconds * 1_000;
    const coming = new Map(stage.routers.map((router) => [router, Promise.resolve()]));
    for (let turn = 0; performance.now() < deadlineMs; turn++) {
      await sleep(BETWEEN_KILLS_MS);
      for (const router of stage.routers.slice(turn % 3, (turn % 3) + 1)) {
        // One that takes long to start is waited for: killed over and over, it would never take part.
        await coming.get(router);
        await router.kill();
        coming.set(router, router.launch());
      }
    }
    await Promise.all(coming.values());

    return stage.account();
  },
};
