import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { delivered, richConfiguration } from "../../configuration.ts";
import type { Configuration } from "../../configuration.ts";
import type { Scenario } from "../../scenario.ts";
import { reconfigure } from "../../stage.ts";

/** A delivery that comes to the router that does not know its rule waits for 5 s, and may come to it again. */
const LAST_OLD_MS_MAX = 120_000;

export const skew: Scenario = {
  name: "skew",
  description: "two routers share their queues, one with the old configuration and one with the new, as in a roll-out",
  seconds: 60,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({ broker: await rabbitMq.newVhost(), routers: 2, configuration: theOld });
    const [last, first] = stage.routers;
    if (last === undefined || first === undefined) throw new Error("it takes two routers");
    const theNew = changed(stage.functions.url, "added");

    // Both know both functions, and so consume their queues; each gets deliveries of a rule that it has never heard of.
    await reconfigure(first, theNew);
    const toOld = stage.startLoad({ routers: [last] });
    const toNew = stage.startLoad({ routers: [first] });
    stage.ledger.expect(toNew.accepted, theNew.ends);
    await sleep(context.seconds * 1_000);
    for (const load of [toOld, toNew]) load.stop();
    await Promise.all([toOld.done, toNew.done]);
    const retired = (): number => stage.functions.succeeded.get("retired") ?? 0;
    await eventually("the old rule's are done", () => retired() >= toOld.accepted.size, LAST_OLD_MS_MAX);

    await reconfigure(last, theNew);
    stage.ledger.expect(stage.startLoad().accepted, theNew.ends);
    return stage.account();
  },
};

/** The roll-out takes one rule away and brings another. */
function changed(functionsUrl: string, rule: "retired" | "added"): Configuration {
  const rules = `  ${rule}: { eventPattern: { source: [faults] }, targets: { ${rule}: { function: ${rule} } } }`;
  const configuration = richConfiguration(functionsUrl, { functions: ["retired", "added"], rules });
  return { ...configuration, ends: new Map([...configuration.ends, [rule, delivered(`function/${rule}`)]]) };
}

function theOld(functionsUrl: string): Configuration {
  return changed(functionsUrl, "retired");
}
