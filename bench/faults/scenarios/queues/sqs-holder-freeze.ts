import { setTimeout as sleep } from "node:timers/promises";
import { QueueStage } from "../../sqs/queue-stage.ts";
import type { Scenario } from "../../scenario.ts";

/** When a router is frozen that has just got the last of the messages, while the first ones move, in turn. */
const FREEZE_MS = [0, 300, 600, 900];
/** How long it stays frozen when what it held has come at the other router, in milliseconds, in turn. */
const LONGER_MS = [0, 5_000];
/** Longer than a router is frozen: what comes before its time comes because its router was silent. */
const HELD_SECONDS = 120;
/** How many polls wait at the frozen router when it goes on. */
const POLLS = 6;
const POLLING_MS = 500;

export const sqsHolderFreeze: Scenario = {
  name: "sqs-holder-freeze",
  description:
    "one router after the other is frozen while it holds received messages, until RabbitMQ gives them to the other one, and goes on then: it hands out nothing that was deleted meanwhile",
  seconds: 60,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await QueueStage.start(context, await rabbitMq.newVhost());
    const endMs = performance.now() + context.seconds * 1_000;
    const seconds: number[] = [];
    do {
      const turn = seconds.length;
      const [frozen, other] = turn % 2 === 0 ? stage.routers : ([stage.routers[1], stage.routers[0]] as const);
      const held = await stage.holdLarge(frozen, HELD_SECONDS);
      // Some of the deletes are answered before, others at the other router.
      const deleting = stage.deleteHalf(held);
      await sleep(FREEZE_MS[turn % FREEZE_MS.length]);
      frozen.signal("SIGSTOP");
      seconds.push(await stage.receiveAgain(held, other));
      await deleting;
      await sleep(LONGER_MS[turn % LONGER_MS.length]);
      const polls = Array.from({ length: POLLS }, () => stage.poll(frozen));
      await sleep(POLLING_MS);
      frozen.signal("SIGCONT");
      await Promise.all(polls);
      await stage.traffic.flows();
    } while (performance.now() < endMs || seconds.length < 2);
    const came = `${Math.min(...seconds).toFixed(1)} to ${Math.max(...seconds).toFixed(1)} s`;
    return stage.account([
      `a router was frozen ${seconds.length} times; what it held came at the other one after ${came}`,
    ]);
  },
};
