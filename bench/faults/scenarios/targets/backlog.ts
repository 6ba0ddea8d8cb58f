import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { residentMiB } from "../../../resident-memory.ts";
import { fillQueue } from "../../backlog.ts";
import type { Configuration } from "../../configuration.ts";
import type { Stage } from "../../stage.ts";
import type { Scenario } from "../../scenario.ts";

const MESSAGES = 1_000_000;
const PER_SECOND = 200;
/** A tenth of the arrival rate: so long takes each of two calls at once. */
const SLOW_MS = 100;
const SLOW_CONCURRENCY = 2;
/** What a process's memory varies by while it does the same; and what this one takes in all, with any backlog. */
const MEMORY_GROWTH_MIB_MAX = 64;
const MEMORY_MIB_MAX = 512;
/** How much of its speed the healthy function must keep. */
const SPEED_KEPT = 0.9;

function slowAndHealthy(functionsUrl: string): Configuration {
  const yaml = `
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 20 }
  slow: { http: { url: "${functionsUrl}/slow" }, concurrency: ${SLOW_CONCURRENCY} }
rules:
  all: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy }, slow: { function: slow } } }
`;
  return { yaml, ends: new Map([["healthy", { delivered: true, places: ["function/healthy"] }]]), queues: [] };
}

/** The slow function's own deliveries have not ended when the scenario has, so nobody accounts for them. */
export const backlog: Scenario = {
  name: "backlog",
  description: "a million messages wait for a function at a tenth of the arrival rate, and nobody else notices",
  seconds: 60,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const broker = await rabbitMq.newVhost();
    const stage = await context.stage({ broker, configuration: slowAndHealthy });
    stage.functions.before(async ({ name }, response) => {
      if (name !== "slow") return true;
      await sleep(SLOW_MS);
      response.end("{}");
      return false;
    });
    stage.startLoad({ perSecond: PER_SECOND });
    await stage.flows();
    const speedBefore = await healthySpeed(stage, context.seconds / 2);

    const filling = performance.now();
    await fillQueue(broker, { name: "slow", rule: "all", count: MESSAGES });
    context.say(`${MESSAGES} messages stored in ${((performance.now() - filling) / 1_000).toFixed(0)} s`);
    const memoryBeforeMiB = residentMiB(stage.router.pid);
    const speed = await healthySpeed(stage, context.seconds);
    const memoryMiB = residentMiB(stage.router.pid);
    const facts = await stage.account();

    assert.ok(
      memoryMiB <= MEMORY_MIB_MAX && memoryMiB - memoryBeforeMiB <= MEMORY_GROWTH_MIB_MAX,
      `the router's memory went from ${memoryBeforeMiB} to ${memoryMiB} MiB`,
    );
    assert.ok(speed >= SPEED_KEPT * speedBefore, `the healthy function went from ${speedBefore}/s to ${speed}/s`);
    const notes = [
      `${MESSAGES} messages waiting: router memory ${memoryBeforeMiB} MiB, and ${memoryMiB} MiB ${context.seconds} s later`,
      `the healthy function: ${speedBefore.toFixed(0)}/s before, ${speed.toFixed(0)}/s after`,
    ];
    return { ...facts, notes };
  },
};

async function healthySpeed({ functions }: Stage, seconds: number): Promise<number> {
  const delivered = (): number => functions.succeeded.get("healthy") ?? 0;
  const before = delivered();
  await sleep(seconds * 1_000);
  return (delivered() - before) / seconds;
}
