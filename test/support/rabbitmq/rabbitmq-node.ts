import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { freePorts } from "../http/free-ports.ts";
import { atProcessEnd } from "../router/process-end.ts";
import type { RabbitMqServer } from "./rabbitmq.ts";
import { commandIn, mountProc, type Installation } from "./rabbitmq-installation.ts";

const START_TIMEOUT_MS = 90_000;

/** What the nodes of a cluster have in common. */
export interface ClusterMates {
  readonly cookie: string;
  readonly epmdPort: number;
}

/** A node that runs on this machine. */
export interface RabbitMqNode extends RabbitMqServer {
  /** Its Erlang name, as `rabbitmqctl` and the management API tell it. */
  readonly name: string;
}

/**
 * Starts a node of one's own: free ports on 127.0.0.1, its own data, cookie, home and epmd, so that it meets no
 * other Erlang node of the machine but its mates. It ends with this process at the latest.
 */
export async function startNode(installation: Installation, mates?: ClusterMates): Promise<RabbitMqNode> {
  await mountProc(installation);
  await mkdir(join(installation.root, tmpdir()), { recursive: true });
  const outside = await mkdtemp(join(installation.root, tmpdir(), "busbar-rabbitmq-"));
  const folder = outside.slice(installation.root === "/" ? 0 : installation.root.length);
  const [amqpPort = 0, distPort = 0, managementPort = 0, freePort = 0] = await freePorts(4);
  const { cookie, epmdPort } = mates ?? { cookie: `busbar${process.pid}`, epmdPort: freePort };
  const name = `busbar-${amqpPort}@localhost`;
  const env = nodeEnvironment(folder, { name, amqpPort, distPort, epmdPort });
  await writeSettings(outside, { managementPort, cookie });
  const inside = (program: string, ...args: string[]) => commandIn(installation, program, ...args);
  const ctl = async (...args: string[]): Promise<string> => {
    const [file, argv] = inside(join(installation.bin, "rabbitmqctl"), "-q", ...args);
    return (await promisify(execFile)(file, argv, { env })).stdout;
  };

  let server: ChildProcess | undefined;
  const killNow = (): void => {
    // The group: the script, the Erlang machine under it, and the helpers of that.
    if (server?.pid !== undefined && !hasEnded(server)) process.kill(-server.pid, "SIGKILL");
  };
  const killed = async (): Promise<void> => {
    if (server === undefined || hasEnded(server)) return;
    server.ref();
    const exited = once(server, "exit");
    killNow();
    await exited;
    // What was spawned is a script: the Erlang machine under it may hold its ports a moment longer.
    while ((await Promise.all([amqpPort, managementPort].map(accepts))).some(Boolean)) await delay(10);
  };
  const removeNow = (): void => {
    killNow();
    // epmd was started by the node and outlives it.
    spawnSync(...inside("epmd", "-port", String(epmdPort), "-kill"), { env });
    rmSync(outside, { recursive: true, force: true, maxRetries: 3 });
  };
  const undo = atProcessEnd(removeNow);

  const node: RabbitMqNode = {
    name,
    url: `amqp://127.0.0.1:${amqpPort}`,
    managementUrl: `http://127.0.0.1:${managementPort}`,
    async start() {
      const log = openSync(join(outside, "out.log"), "a");
      server = spawn(...inside(join(installation.bin, "rabbitmq-server")), {
        env,
        detached: true,
        stdio: ["ignore", log, log],
      });
      server.unref(); // a test process ends when its tests have, and takes the node with it
      await listening(server, [amqpPort, managementPort], outside);
    },
    kill: killed,
    async stop() {
      server?.ref(); // who waits for its end is not done before that
      const exited = server === undefined ? undefined : once(server, "exit");
      await ctl("stop");
      await exited;
    },
    ctl,
    async remove() {
      await killed();
      undo();
      removeNow();
    },
  };
  await node.start();
  return node;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

interface Identity {
  readonly name: string;
  readonly amqpPort: number;
  readonly distPort: number;
  readonly epmdPort: number;
}

function nodeEnvironment(folder: string, { name, amqpPort, distPort, epmdPort }: Identity): NodeJS.ProcessEnv {
  return {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/sbin:/opt/homebrew/bin",
    HOME: folder,
    LANG: "C.UTF-8",
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_RELAXED_COMMAND_CHECK: "1", // ends on demand, though the node was killed only just now
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(amqpPort),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, "advanced.config"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    // Schedulers that do not spin, on a machine that has tests to run as well.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
  };
}

interface NodeSettings {
  readonly managementPort: number;
  readonly cookie: string;
}

async function writeSettings(folder: string, { managementPort, cookie }: NodeSettings): Promise<void> {
  const settings = [
    "management.tcp.ip = 127.0.0.1",
    `management.tcp.port = ${managementPort}`,
    "vm_memory_high_watermark.absolute = 1GiB",
    "disk_free_limit.absolute = 100MB",
  ];
  await writeFile(join(folder, "rabbitmq.conf"), settings.join("\n") + "\n");
  await writeFile(join(folder, "enabled_plugins"), "[rabbitmq_management].\n");
  await writeFile(join(folder, ".erlang.cookie"), cookie, { mode: 0o400 });
  await mkdir(join(folder, "data"));
  await mkdir(join(folder, "log"));
}

async function listening(server: ChildProcess, ports: readonly number[], folder: string): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const open = await Promise.all(ports.map(accepts));
    if (open.every(Boolean)) return;
    if (server.exitCode !== null)
      throw new Error(`rabbitmq-server ended with ${server.exitCode}: see ${folder}/out.log`);
    if (performance.now() > deadlineMs) throw new Error(`rabbitmq-server did not start in time: see ${folder}/out.log`);
    await delay(100);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
