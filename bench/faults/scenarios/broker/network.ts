import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { startTcpProxy, through } from "../../../../test/support/http/tcp-proxy.ts";
import type { Scenario } from "../../scenario.ts";

/** Missed heartbeats end a connection after 20 to 30 s. */
const NOTICED_MS_MAX = 45_000;

export const network: Scenario = {
  name: "network",
  description:
    "the way to RabbitMQ is cut again and again, stalls for a moment, stalls for long, and passes in one direction only",
  seconds: 5,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const direct = await rabbitMq.newVhost();
    const proxy = await startTcpProxy(Number(new URL(direct).port));
    context.after(() => proxy.close());
    const stage = await context.stage({ broker: through(proxy, direct), directBroker: direct });
    const load = stage.startLoad();
    await stage.flows();
    const { router } = stage;
    const reconnects = () => router.metric("busbar_broker_reconnects_total");
    const isConnected = () => router.metric("busbar_broker_connected").then((connected) => connected === 1);
    const notes: string[] = [];

    for (let second = 0; second < context.seconds; second++) {
      proxy.cut();
      await sleep(1_000);
    }
    await eventually("it has connected again", async () => (await reconnects()) > 0 && (await isConnected()));
    await stage.flows();

    // Shorter than anybody notices.
    const before = await reconnects();
    proxy.stall();
    await load.refused();
    proxy.resume();
    await stage.flows();
    notes.push(`a stall until the first time-out cost ${(await reconnects()) - before} connections`);

    for (const direction of [undefined, "downstream", "upstream"] as const) {
      const stalledAtMs = performance.now();
      proxy.stall(direction);
      await load.refused();
      await eventually("the loss is noticed", async () => !(await isConnected()), NOTICED_MS_MAX);
      const seconds = Math.round((performance.now() - stalledAtMs) / 1_000);
      notes.push(`nothing passed ${direction ?? "either way"}: noticed after ${seconds} s`);
      proxy.resume();
      await eventually("it has connected again", isConnected, NOTICED_MS_MAX);
      await stage.flows();
    }

    return { ...(await stage.account()), notes };
  },
};
