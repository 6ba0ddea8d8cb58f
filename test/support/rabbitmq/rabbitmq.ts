import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import {
  CONTROL_LOG,
  DEAD_LETTER_QUEUE,
  FIFO_LOG,
  FUNCTION_LOGS,
  HELD_QUEUE,
  JOURNAL,
  PARKED_QUEUE,
  SUSPECT_QUEUE,
  UNDELIVERABLE_QUEUE,
} from "../../../src/domain/queue/queues.ts";
import { installDebianPackage } from "../docs/debian-package.ts";
import { freePorts } from "../http/free-ports.ts";
import { hasDocker, startContainer } from "./rabbitmq-container.ts";
import { findInstallation, treeVariable, type RabbitMqVersion } from "./rabbitmq-installation.ts";
import { startNode, type RabbitMqNode } from "./rabbitmq-node.ts";

/** A RabbitMQ that a test may do anything to. User and password are guest. */
export interface RabbitMqServer {
  readonly url: string;
  readonly managementUrl: string;
  /** SIGKILL, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again: the same data, the same ports. Resolves when it takes connections. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** `rabbitmqctl`; resolves with what it printed. */
  ctl(...args: string[]): Promise<string>;
  /** Ends it and deletes its data. */
  remove(): Promise<void>;
}

export interface RabbitMq extends RabbitMqServer {
  /** The URL of a new, empty virtual host. */
  newVhost(): Promise<string>;
}

/** Something that ends, such as a test: `node:test`'s context fits. */
export interface Ending {
  after(cleanUp: () => Promise<unknown>): void;
}

export interface RabbitMqOptions {
  /** Whichever there is, when absent. */
  readonly version?: RabbitMqVersion;
}

/** Starts a RabbitMQ of one's own. `AMQP_URL` plays no part: what is behind it may not be killed. */
export async function startRabbitMq(options: RabbitMqOptions = {}): Promise<RabbitMq> {
  const server = await startServer(options);
  return { ...server, newVhost: () => createVhost(server.url, server.managementUrl) };
}

async function startServer({ version }: RabbitMqOptions = {}): Promise<RabbitMqServer> {
  const installation = await findInstallation(version);
  if (installation !== undefined) return await startNode(installation);
  if (await hasDocker()) return await startContainer(version);
  if (version !== undefined) throw new Error(`no RabbitMQ ${version} here: it takes ${sourcesOf(version)}, or docker`);
  if (process.env["BUSBAR_TEST_INSTALL"] === "1") {
    await installDebianPackage("rabbitmq-server");
    const installed = await findInstallation();
    if (installed !== undefined) return await startNode(installed);
  }
  throw new Error(
    "the tests need a RabbitMQ, one of: AMQP_URL set to one that runs; rabbitmq-server installed on this machine; " +
      "docker, to run rabbitmq:4; or BUSBAR_TEST_INSTALL=1 on Debian or Ubuntu as root, to install the package",
  );
}

function sourcesOf(version: RabbitMqVersion): string {
  return `its package on this machine, or ${treeVariable(version)} set to a folder with a Debian that holds it`;
}

/** Several nodes as one broker. Its virtual hosts are made on the first node, and are on all. */
export interface RabbitMqCluster {
  readonly nodes: readonly RabbitMqNode[];
  newVhost(): Promise<string>;
  remove(): Promise<void>;
}

/** Starts a cluster of one's own on this machine. Containers cannot make one here. */
export async function startRabbitMqCluster(size: number, options: RabbitMqOptions = {}): Promise<RabbitMqCluster> {
  const { version } = options;
  const installation = await findInstallation(version);
  if (installation === undefined) {
    throw new Error(`no RabbitMQ for a cluster: it takes ${sourcesOf(version ?? "4.3")}`);
  }
  const [epmdPort = 0] = await freePorts(1);
  const mates = { cookie: `busbar${process.pid}`, epmdPort };
  // It starts epmd. Nodes that start at the same time start one each, and the one of two that loses is not to be found.
  const first = await startNode(installation, mates);
  const others = await Promise.all(Array.from({ length: size - 1 }, () => startNode(installation, mates)));
  const nodes = [first, ...others];
  // One after the other: two that join at the same time may not learn of each other.
  for (const node of others) {
    await node.ctl("stop_app");
    await node.ctl("join_cluster", first.name);
    await node.ctl("start_app");
  }
  return {
    nodes,
    newVhost: () => createVhost(first.url, first.managementUrl),
    async remove() {
      for (const node of nodes) await node.remove();
    },
  };
}

let shared: Promise<{ url: string; managementUrl: string | undefined }> | undefined;

/** The RabbitMQ that all test files share: the one of `AMQP_URL`, else one started by the first to ask. */
function sharedRabbitMq(): Promise<{ url: string; managementUrl: string | undefined }> {
  const url = process.env["AMQP_URL"];
  if (url !== undefined && url !== "") {
    return Promise.resolve({ url, managementUrl: process.env["BUSBAR_TEST_RABBITMQ_MANAGEMENT"] });
  }
  // A test file run by itself. The node ends with the process.
  return (shared ??= startServer());
}

/**
 * The URL of an empty virtual host on the shared RabbitMQ, deleted when `ending` ends. Without a management API to make one,
 * it is the virtual host of `AMQP_URL` after its Busbar queues and the named ones were deleted.
 */
export async function freshVhost(ending: Ending, queues: readonly string[] = []): Promise<string> {
  const { url, managementUrl } = await sharedRabbitMq();
  if (managementUrl === undefined) {
    await deleteQueues(url, [...BUSBAR_QUEUES, ...queues]);
    return url;
  }
  const vhostUrl = await createVhost(url, managementUrl);
  ending.after(() => call(vhostUrl, managementUrl, "DELETE", `vhosts${new URL(vhostUrl).pathname}`));
  return vhostUrl;
}

/** AMQP cannot list queues, so they are known by name. */
const BUSBAR_QUEUES = [
  DEAD_LETTER_QUEUE,
  PARKED_QUEUE,
  SUSPECT_QUEUE,
  UNDELIVERABLE_QUEUE,
  HELD_QUEUE,
  FIFO_LOG,
  CONTROL_LOG,
  JOURNAL,
  FUNCTION_LOGS,
  ...Array.from({ length: 17 }, (_, level) => `busbar.delay.${level}`),
];

async function deleteQueues(url: string, queues: readonly string[]): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  for (const queue of queues) await channel.deleteQueue(queue);
  await connection.close();
}

async function createVhost(url: string, managementUrl: string): Promise<string> {
  const name = `busbar-${randomUUID()}`;
  await call(url, managementUrl, "PUT", `vhosts/${name}`);
  const everything = { configure: ".*", write: ".*", read: ".*" };
  await call(url, managementUrl, "PUT", `permissions/${name}/${userOf(url).name}`, everything);
  const vhostUrl = new URL(url);
  vhostUrl.pathname = `/${name}`;
  return vhostUrl.href;
}

async function call(
  url: string,
  managementUrl: string,
  method: string,
  path: string,
  body: unknown = {},
): Promise<void> {
  const { name, password } = userOf(url);
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
  const response = await fetch(`${managementUrl}/api/${path}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`RabbitMQ management: ${method} ${path}: ${response.status} ${text}`);
}

function userOf(url: string): { name: string; password: string } {
  const { username, password } = new URL(url);
  return { name: decodeURIComponent(username) || "guest", password: decodeURIComponent(password) || "guest" };
}
