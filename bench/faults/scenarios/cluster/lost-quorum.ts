import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { startCluster } from "../../cluster.ts";
import type { Scenario } from "../../scenario.ts";

/** A put waits 5 s for its confirms; the rest is for a machine that is busy with a broker that ends. */
const REFUSED_MS_MAX = 7_000;

export const lostQuorum: Scenario = {
  name: "lost-quorum",
  description: "two of three RabbitMQ nodes are killed, and one of them comes back",
  seconds: 10,
  async run(context) {
    const cluster = await startCluster(context);
    const [survivor, second, third] = cluster.nodes;
    const stage = await context.stage({ broker: cluster.broker, directBroker: cluster.urlOf(survivor) });
    const load = stage.startLoad();
    await stage.flows();

    await Promise.all([second.kill(), third.kill()]);
    const putAtMs = performance.now();
    const { status, body } = await stage.router.put([{ source: "faults", detail: {} }]);
    const refusedMs = Math.round(performance.now() - putAtMs);
    // The broker says nothing at all: a confirm is only ever missed.
    assert.equal(
      status,
      503,
      `without a quorum nothing may be accepted, but after ${refusedMs} ms: ${JSON.stringify(body)}`,
    );
    assert.ok(refusedMs < REFUSED_MS_MAX, `a put was answered only after ${refusedMs} ms`);
    await load.refused();
    await sleep(context.seconds * 1_000);
    await second.start();

    const facts = await stage.account();
    return { ...facts, notes: [`a put without a quorum was refused after ${refusedMs} ms`] };
  },
};
