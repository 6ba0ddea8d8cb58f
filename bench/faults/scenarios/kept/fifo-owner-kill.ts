import { setTimeout as sleep } from "node:timers/promises";
import type { Configuration } from "../../configuration.ts";
import { richConfiguration } from "../../configuration.ts";
import { FifoTraffic } from "../../fifo/fifo-traffic.ts";
import type { Scenario } from "../../scenario.ts";
import { together } from "../../together.ts";

const QUEUE = "orders.fifo";
const EVENTS_PER_SECOND = 10;
/** How long after messages flow the owner is killed, in milliseconds, in turn. */
const KILL_MS = [0, 7, 20, 45, 90, 150];
const BETWEEN = 50;

export const fifoOwnerKill: Scenario = {
  name: "fifo-owner-kill",
  description:
    "two routers serve a FIFO queue, and the one that owns it is killed again and again: no message is missing, none comes before an older one of its group, and none after its delete",
  seconds: 60,
  async run(context) {
    const broker = await (await context.rabbitMq()).newVhost();
    const stage = await context.stage({ broker, routers: 2, configuration });
    stage.startLoad({ perSecond: EVENTS_PER_SECOND });
    const traffic = FifoTraffic.start(QUEUE, stage.routers);
    const takeovers: number[] = [];
    const endMs = performance.now() + context.seconds * 1_000;
    // The router that comes back stands last in the line: the other one owns the queue, and is the next to be killed.
    for (let kills = 0; performance.now() < endMs || kills < 2; kills++) {
      await traffic.flows(BETWEEN);
      await sleep(KILL_MS[kills % KILL_MS.length] ?? 0);
      const router = stage.routers[kills % stage.routers.length];
      await router?.kill();
      takeovers.push(await traffic.flows(BETWEEN));
      await router?.launch();
    }
    const facts = await stage.account();
    await traffic.end();
    const { accepted, delivered, duplicates } = traffic.book.account();
    return {
      ...together(facts, { ...facts, ...traffic.book.account() }),
      notes: [
        `the owner was killed ${takeovers.length} times; ${BETWEEN} more messages were deleted within ${Math.max(...takeovers).toFixed(1)} s of each`,
        `of the FIFO queue: ${accepted} sent, ${delivered} received, ${duplicates} of them again`,
      ],
    };
  },
};

function configuration(url: string): Configuration {
  const rich = richConfiguration(url);
  const yaml = rich.yaml.replace(
    "\nqueues:\n",
    `\nqueues:\n  ${QUEUE}: { fifo: true, visibilityTimeoutSeconds: 10 }\n`,
  );
  return { ...rich, yaml };
}
