import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Scenario } from "../../scenario.ts";

/** How many more the router may open than it has. */
const SPARE = 15;
const CLIENTS = 100;
const AGAIN_MS = 50;

export const descriptors: Scenario = {
  name: "descriptors",
  description:
    "clients hold connections until the router can open no more files, and RabbitMQ closes its connections meanwhile",
  seconds: 8,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const broker = await rabbitMq.newVhost();
    const stage = await context.stage({ broker });
    const load = stage.startLoad();
    await stage.flows();

    const { router } = stage;
    const limit = openFiles(router.pid) + SPARE;
    await promisify(execFile)("prlimit", ["--pid", String(router.pid), `--nofile=${limit}:`]);
    const clients = hold(new URL(router.publicUrl));
    context.after(() => Promise.resolve(clients.release()));
    await eventually("the router has no descriptor left", () => openFiles(router.pid) >= limit - 1);
    await rabbitMq.ctl(
      "close_all_connections",
      "--vhost",
      new URL(broker).pathname.slice(1),
      "to have them made again",
    );
    await load.refused();
    await sleep(context.seconds * 1_000);
    clients.release();

    return stage.account();
  },
};

/** How many descriptors a process of this machine has open. Linux tells, and it alone has `prlimit`. */
function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Opens connections, says nothing on them, and opens them again when the router sends them away. */
function hold({ hostname, port }: URL): { release(): void } {
  const clients = new Set<Socket>();
  let released = false;
  const open = (): void => {
    if (released) return;
    const client = connect(Number(port), hostname);
    clients.add(client);
    client.on("error", () => undefined);
    client.once("close", () => {
      clients.delete(client);
      setTimeout(open, AGAIN_MS);
    });
  };
  for (let count = 0; count < CLIENTS; count++) open();
  return {
    release() {
      released = true;
      for (const client of clients) client.destroy();
    },
  };
}
