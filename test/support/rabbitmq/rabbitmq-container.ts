import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { freePorts } from "../http/free-ports.ts";
import type { RabbitMqServer } from "./rabbitmq.ts";

const START_TIMEOUT_MS = 120_000;

const docker = async (...args: string[]): Promise<string> => (await promisify(execFile)("docker", args)).stdout.trim();

/** Whether a container engine answers. */
export async function hasDocker(): Promise<boolean> {
  return await docker("info").then(
    () => true,
    () => false,
  );
}

/** Starts RabbitMQ in a container, on free ports of 127.0.0.1 that it keeps when it is started again. */
export async function startContainer(version = "4"): Promise<RabbitMqServer> {
  const image = `rabbitmq:${version}`;
  const name = `busbar-test-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), "busbar-rabbitmq-"));
  // The default user may come from outside, since "outside" is this machine.
  await writeFile(join(folder, "busbar.conf"), "loopback_users = none\n");
  await writeFile(join(folder, "enabled_plugins"), "[rabbitmq_management].\n");
  const mounts = [
    `${folder}/busbar.conf:/etc/rabbitmq/conf.d/99-busbar.conf:ro`,
    `${folder}/enabled_plugins:/etc/rabbitmq/enabled_plugins:ro`,
  ];
  const [amqpPort = 0, managementPort = 0] = await freePorts(2);
  const ports = [`127.0.0.1:${amqpPort}:5672`, `127.0.0.1:${managementPort}:15672`];
  const options = [...mounts.flatMap((mount) => ["-v", mount]), ...ports.flatMap((port) => ["-p", port])];
  // A fixed host name, since the data folder is named after it.
  await docker("create", "--name", name, "--hostname", "busbar", ...options, image);

  const container: RabbitMqServer = {
    url: `amqp://127.0.0.1:${amqpPort}`,
    managementUrl: `http://127.0.0.1:${managementPort}`,
    async start() {
      await docker("start", name);
      const deadlineMs = performance.now() + START_TIMEOUT_MS;
      while (!(await answers(`http://127.0.0.1:${managementPort}`))) {
        if (performance.now() > deadlineMs) throw new Error(`${image} did not start in time: see docker logs ${name}`);
        await delay(200);
      }
    },
    async kill() {
      await docker("kill", "-s", "KILL", name);
    },
    async stop() {
      await docker("stop", name);
    },
    ctl: (...args) => docker("exec", name, "rabbitmqctl", "-q", ...args),
    async remove() {
      await docker("rm", "-f", "-v", name);
      await rm(folder, { recursive: true, force: true });
    },
  };
  await container.start();
  return container;
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
