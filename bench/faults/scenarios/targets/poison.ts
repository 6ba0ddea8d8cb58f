import assert from "node:assert/strict";
import { eventually } from "../../../../test/contract/waiting.ts";
import { failed, richConfiguration } from "../../configuration.ts";
import type { Scenario } from "../../scenario.ts";

const POISONS = 2;
const POISON_RULE = "  poisoned: { eventPattern: { source: [poison] }, targets: { healthy: { function: healthy } } }";
/** No message may bring a router down more often than this. */
const CRASHES_MAX = 6 * POISONS;

export const poison: Scenario = {
  name: "poison",
  description: "two messages that kill the router whenever it handles them are parked, and their neighbours delivered",
  seconds: 0,
  ciSeconds: 0,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({
      broker: await rabbitMq.newVhost(),
      configuration: (url) => richConfiguration(url, { rules: POISON_RULE }),
    });
    const { router } = stage;
    stage.startLoad();
    await stage.flows();

    // Its call is never answered: the router dies while it makes it.
    let deadly = false;
    stage.functions.before(({ detail }) => {
      deadly ||= detail["poison"] === true;
      return detail["poison"] !== true;
    });
    const entries = Array.from({ length: POISONS }, () => ({ source: "poison", detail: { poison: true } }));
    const poisons = await stage.put(entries);
    stage.ledger.expect(poisons, new Map([["healthy", failed("queue/busbar.parked")]]));

    const parked = (): Promise<number> => router.depth("busbar.parked");
    let crashes = 0;
    while ((await parked()) < POISONS) {
      await eventually("they kill again, or are parked", async () => deadly || (await parked()) === POISONS);
      if ((await parked()) === POISONS) break;
      assert.ok(crashes++ < CRASHES_MAX, "they are parked after a few crashes");
      await router.kill();
      deadly = false;
      await router.launch();
    }

    const facts = await stage.account();
    assert.equal(facts.parked, POISONS, "nothing else is parked");
    return { ...facts, notes: [`parked after ${crashes} crashes`] };
  },
};
