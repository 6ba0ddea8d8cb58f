import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { PROGRAM } from "../../support/router/checkout.ts";
import { Router } from "../../support/router/router.ts";

describe("A live tail", () => {
  it("A tail at one router shows the events that either of two routers accepts, and ends with Ctrl+C", async (t) => {
    const config = `
eventBuses: { orders: {} }
queues: { kept: {} }
rules:
  orders/all: { eventPattern: { source: [shop] }, targets: { kept: { queue: kept } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["kept"]) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));

    const pattern = '{"source":["shop"],"detail":{"total":[{"numeric":[">",100]}]}}';
    const args = ["tail", "--bus", "orders", "--whole", "--json", "--admin-url", one.adminUrl, "--pattern", pattern];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGKILL"));
    const shown: { id: string; rules: string[]; body: { detail: unknown } }[] = [];
    createInterface({ input: child.stdout }).on("line", (line) =>
      shown.push(JSON.parse(line) as (typeof shown)[number]),
    );
    const held = async (): Promise<boolean> =>
      (await one.metric("busbar_taps")) === 1 && (await two.metric("busbar_taps")) === 1;
    await eventually("both routers hold the tap", held, 20_000);

    const entry = (total: number) => ({ source: "shop", bus: "orders", detail: { total, password: "abc" } });
    const answers = await Promise.all([one.put([entry(101), entry(1)]), two.put([entry(102), entry(2)])]);
    await eventually("both are shown", () => shown.length >= 2);
    const ids = answers.map(({ eventIds: [id] }) => id);
    assert.deepEqual(new Set(shown.map(({ id }) => id)), new Set(ids));
    const first = shown.find(({ id }) => id === ids[0]);
    assert.deepEqual([first?.rules, first?.body.detail], [["orders/all"], { total: 101, password: "***" }]);

    child.kill("SIGINT");
    await once(child, "exit");
    const left = async (): Promise<boolean> =>
      (await one.metric("busbar_taps")) + (await two.metric("busbar_taps")) === 0;
    await eventually("no router holds the tap", left);
  });
});
