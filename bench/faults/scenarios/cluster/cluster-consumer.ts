import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { startCluster } from "../../cluster.ts";
import type { Scenario } from "../../scenario.ts";

/** Far less than the 60 s that RabbitMQ 4.3 waits by itself for a consumer whose node has died. */
const BACK_MS_MAX = 30_000;

/** So long that the router always holds some. */
const CALL_MS = 20;

export const clusterConsumer: Scenario = {
  name: "cluster-consumer",
  description: "the node that the router is connected to is killed while the router holds messages, and stays away",
  seconds: 0,
  async run(context) {
    const cluster = await startCluster(context);
    const [connected, other] = cluster.nodes;
    const stage = await context.stage({ broker: cluster.broker, directBroker: cluster.urlOf(other) });
    stage.functions.before(() => sleep(CALL_MS, true));
    const load = stage.startLoad();
    await stage.flows();
    assert.deepEqual([...(await cluster.connectedPorts())], [new URL(connected.url).port]);
    await eventually("the router holds messages", async () => (await cluster.held(connected)) > 0, 20_000);
    const held = await cluster.held(connected);
    await connected.kill();
    const killedAtMs = performance.now();
    load.stop();
    await eventually("what it held is settled", async () => (await cluster.held(other)) === 0, BACK_MS_MAX);
    const seconds = ((performance.now() - killedAtMs) / 1_000).toFixed(1);
    await connected.start();
    // The account waits for new events to end.
    stage.startLoad();
    return { ...(await stage.account()), notes: [`of ${held} held messages the last was settled after ${seconds} s`] };
  },
};
