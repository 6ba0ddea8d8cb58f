import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Configuration } from "../../configuration.ts";
import type { Scenario } from "../../scenario.ts";

const BROKEN_EACH = 5;

export const reload: Scenario = {
  name: "reload",
  description:
    "the configuration changes each second: limits, formats, rules, functions and queues come and go, some files are broken",
  seconds: 15,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const first = (functionsUrl: string): Configuration => generation(functionsUrl, 0);
    const stage = await context.stage({ broker: await rabbitMq.newVhost(), configuration: first });
    stage.startLoad();
    await stage.flows();

    const { router, functions } = stage;
    const logged = router.log.length;
    const count = (level: string): number =>
      router.log.slice(logged).filter((line) => line.level === level && line.msg.includes("configuration")).length;
    const last = Math.max(BROKEN_EACH, context.seconds);
    for (let turn = 1; turn <= last; turn++) {
      const { yaml } = generation(functions.url, turn);
      await replace(router.folder, turn % BROKEN_EACH === 0 ? `${yaml}\nnonsense: true\n` : yaml);
      await sleep(1_000);
    }
    // Knows every rule that a delivery may be on its way for.
    await replace(router.folder, generation(functions.url, 0).yaml);
    await eventually("the last configuration is in force", async () => {
      return (await router.metric("busbar_config_last_reload_successful")) === 1;
    });

    const taken = count("info");
    const refused = count("error");
    assert.ok(taken > 0 && refused > 0, `${taken} configurations were taken and ${refused} refused`);
    return { ...(await stage.account()), notes: [`${taken} configurations were taken over, ${refused} refused`] };
  },
};

/** In one step, as Kubernetes replaces a ConfigMap: a file that is half written is another configuration. */
async function replace(folder: string, yaml: string): Promise<void> {
  await writeFile(join(folder, "next"), yaml);
  await rename(join(folder, "next"), join(folder, "busbar.yaml"));
}

/** Each event matches one rule, in every generation, but it is not always the same and the other may not be there. */
function generation(functionsUrl: string, turn: number): Configuration {
  const [current, other] = turn % 2 === 0 ? ["even", "odd"] : ["odd", "even"];
  const targets = "{ healthy: { function: healthy }, flaky: { function: flaky }, copies: { queue: copies } }";
  const otherRule = `  ${other}: { eventPattern: { source: [nobody] }, targets: ${targets} }`;
  const yaml = `
functions:
  healthy:
    http: { url: "${functionsUrl}/healthy", format: ${turn % 3 === 1 ? "cloudevents" : "event"} }
    concurrency: ${5 + (turn % 20)}
  flaky: { http: { url: "${functionsUrl}/flaky" }, concurrency: ${25 - (turn % 20)}, circuitBreaker: false }
  idle-${turn}: { http: { url: "${functionsUrl}/idle" } }
queues:
  copies: {}
  idle-${turn}: {}
rules:
  ${current}: { eventPattern: { source: [faults] }, targets: ${targets} }
  idle: { eventPattern: { source: [nobody] }, targets: { it: { function: idle-${turn} }, copy: { queue: idle-${turn} } } }
${turn % 4 < 2 ? otherRule : ""}
`;
  const ends = new Map([
    ["healthy", { delivered: true, places: ["function/healthy"] }],
    ["flaky", { delivered: true, places: ["function/flaky"] }],
    ["copies", { delivered: true, places: ["queue/copies"] }],
  ]);
  return { yaml, ends, queues: ["copies"] };
}
