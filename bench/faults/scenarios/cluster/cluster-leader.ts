import assert from "node:assert/strict";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { RabbitMqNode } from "../../../../test/support/rabbitmq/rabbitmq-node.ts";
import { startCluster } from "../../cluster.ts";
import type { Scenario } from "../../scenario.ts";

export const clusterLeader: Scenario = {
  name: "cluster-leader",
  description: "a node that leads queues is killed and started again, then the one that the router is connected to",
  seconds: 0,
  async run(context) {
    const cluster = await startCluster(context);
    const [connected, leader] = cluster.nodes;
    const stage = await context.stage({ broker: cluster.broker, directBroker: cluster.urlOf(leader) });
    stage.startLoad();
    await stage.flows();
    const ports = [...(await cluster.connectedPorts())];
    assert.deepEqual(ports, [new URL(connected.url).port], "the router is connected to the first node");
    assert.ok((await cluster.leaders()).includes(leader.name), "the second node leads queues");

    const notes: string[] = [];
    const killAndStart = async (node: RabbitMqNode, what: string): Promise<void> => {
      const killedAtMs = performance.now();
      await node.kill();
      await stage.flows();
      const seconds = ((performance.now() - killedAtMs) / 1_000).toFixed(1);
      notes.push(`without ${what}, 100 more events were delivered after ${seconds} s`);
      await node.start();
    };
    await killAndStart(leader, "the leader");
    await stage.flows();
    // Or the next kill would take the quorum away, which is another fault.
    await eventually("the queues have their members again", () => isWhole(connected), 60_000);
    await killAndStart(connected, "the node of the connection");

    return { ...(await stage.account()), notes };
  },
};

/** Whether every quorum queue could do without this node. */
async function isWhole(node: RabbitMqNode): Promise<boolean> {
  const critical = await node.ctl("eval", "rabbit_quorum_queue:list_with_minimum_quorum() =:= [].");
  return critical.trim() === "true";
}
