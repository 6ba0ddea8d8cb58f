import { startRabbitMqCluster } from "../../test/support/rabbitmq/rabbitmq.ts";
import type { RabbitMqNode } from "../../test/support/rabbitmq/rabbitmq-node.ts";
import type { Context } from "./scenario.ts";

/** Three RabbitMQ nodes with an empty virtual host. */
export interface Cluster {
  readonly nodes: readonly [RabbitMqNode, RabbitMqNode, RabbitMqNode];
  /** The URLs of all nodes, as a router is given them. It connects to the first that answers. */
  readonly broker: string;
  urlOf(node: RabbitMqNode): string;
  /** The names of the nodes that lead a queue of the virtual host, once for each queue. */
  leaders(): Promise<readonly string[]>;
  /** Messages that consumers hold, as a node says. */
  held(node: RabbitMqNode): Promise<number>;
  /** The AMQP ports that somebody is connected to. */
  connectedPorts(): Promise<ReadonlySet<string>>;
}

/** Starts a cluster of the version asked for, which ends with the scenario. */
export async function startCluster(context: Context): Promise<Cluster> {
  const { rabbitMqVersion: version } = context;
  const cluster = await startRabbitMqCluster(3, version === undefined ? {} : { version });
  context.after(() => cluster.remove());
  const [first, second, third] = cluster.nodes;
  if (first === undefined || second === undefined || third === undefined) throw new Error("there are three nodes");
  const vhost = new URL(await cluster.newVhost()).pathname.slice(1);
  const urlOf = (node: RabbitMqNode): string => `${node.url}/${vhost}`;

  async function list(
    command: string,
    column: string,
    options: readonly string[] = [],
    node: RabbitMqNode | undefined = first,
  ): Promise<string[]> {
    const printed = await node?.ctl(command, ...options, column, "--formatter", "json");
    return (JSON.parse(printed ?? "[]") as Record<string, unknown>[]).map((row) => String(row[column]));
  }

  return {
    nodes: [first, second, third],
    broker: cluster.nodes.map(urlOf).join(","),
    urlOf,
    leaders: () => list("list_queues", "leader", ["-p", vhost]),
    held: async (node) => {
      const counts = await list("list_queues", "messages_unacknowledged", ["-p", vhost], node);
      return counts.reduce((sum, count) => sum + Number(count), 0);
    },
    connectedPorts: async () => new Set(await list("list_connections", "port")),
  };
}
