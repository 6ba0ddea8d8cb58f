import assert from "node:assert/strict";
import { eventually } from "../../../../test/contract/waiting.ts";
import { takeOut } from "../../../../test/support/router/earlier-version.ts";
import type { Router } from "../../../../test/support/router/router.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

/** The last commit whose routers do not know packs. */
const BEFORE_PACKS = "435b75c";
/** Routers count every 15 s who knows packs, and begin after two counts that found all. */
const COUNTED_MS = 60_000;
/** As many as a stage puts by itself. */
const EVENTS_PER_SECOND = 30;
const QUEUES = ["healthy", "flaky", "failing", "hopeless", "audited"].map((name) => `busbar.function.${name}`);

/** A router of the version before packs parks one as undecodable. So it must never meet one, on the way up and back. */
export const upgrade: Scenario = {
  name: "upgrade",
  description: "one of two routers is of the version before packs, is replaced by a new one, and comes back",
  seconds: 20,
  async run(context) {
    const earlier = await takeOut(BEFORE_PACKS);
    context.after(() => earlier.remove());
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({ broker: await rabbitMq.newVhost(), routers: 2 });
    const [first, second] = stage.routers;
    if (first === undefined || second === undefined) throw new Error("it takes two routers");

    await replace(first, { sources: earlier.folder });
    await eventually("no packs are made", () => isPacking(second, 0), COUNTED_MS);
    const before = await packed(second);
    await loaded(stage, context.seconds);
    assert.equal(await packed(second), before, "deliveries were packed beside a router that does not know packs");

    await replace(first, {});
    await eventually("packs are made", async () => (await isPacking(first, 1)) && isPacking(second, 1), COUNTED_MS);
    await loaded(stage, context.seconds);
    const made = (await packed(first)) + (await packed(second)) - before;
    assert.ok(made > 0, "no packs were made");

    const off = { env: { BUSBAR_PACKS: "off" } };
    for (const router of [first, second]) await replace(router, off);
    await eventually("the queues are empty", () => areEmpty(second), COUNTED_MS);
    await replace(first, { sources: earlier.folder });
    await loaded(stage, context.seconds);
    for (const router of stage.routers) {
      const undecodable = await router.metric('busbar_parked_messages_total{reason="undecodable"}');
      assert.equal(undecodable, 0, "a router met a pack that it does not know");
    }
    stage.startLoad();
    return { ...(await stage.account()), notes: [`${made} deliveries were packed in between`] };
  },
};

/** As Kubernetes does it: the router is stopped in order, and another one is started. */
async function replace(router: Router, by: Parameters<Router["launch"]>[0]): Promise<void> {
  assert.equal(await router.stop(), 0);
  await router.launch(by);
}

/** Load on both routers for a while, all of it answered at its end. */
async function loaded(stage: Stage, seconds: number): Promise<void> {
  await stage.startLoad({ count: seconds * EVENTS_PER_SECOND }).done;
}

async function isPacking(router: Router, value: 0 | 1): Promise<boolean> {
  return (await router.metric("busbar_packing")) === value;
}

function packed(router: Router): Promise<number> {
  return router.metric("busbar_packed_deliveries_total");
}

async function areEmpty(router: Router): Promise<boolean> {
  const depths = await Promise.all(QUEUES.map((queue) => router.depth(queue)));
  return depths.every((depth) => depth === 0);
}
