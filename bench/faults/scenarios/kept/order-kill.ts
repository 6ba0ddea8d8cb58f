import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Router } from "../../../../test/support/router/router.ts";
import type { Configuration } from "../../configuration.ts";
import { delivered } from "../../configuration.ts";
import { impatient } from "../../order/impatient.ts";
import { KEYED_SOURCE, KeyedTraffic } from "../../order/keyed-traffic.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

const ORDERED = "ordered";
const EVENTS_PER_SECOND = 10;
/** How long after events flow the owner is lost, in milliseconds, in turn. */
const LOST_MS = [0, 7, 20, 45, 90, 150];
/** The owner is killed, and each time after so many it is frozen. */
const FREEZE_EVERY = 3;
/** How long the owner stays frozen when another one has taken over, in milliseconds, in turn. */
const LONGER_MS = [0, 2_000];
/** Events that are done between two faults. */
const BETWEEN = 50;

export const orderKill: Scenario = {
  name: "order-kill",
  description:
    "two routers call a function that keeps the order of its keys, and the one that owns its queue is killed or frozen again and again: each event is called for in its place, and a blocked key holds up no other",
  seconds: 90,
  async run(context) {
    const broker = await (await context.rabbitMq()).newVhost();
    const stage = await context.stage({ broker, routers: 2, configuration });
    stage.startLoad({ perSecond: EVENTS_PER_SECOND, routers: stage.routers.map(impatient) });
    const traffic = KeyedTraffic.start(stage, ORDERED);
    context.after(() => traffic.end());
    const faultsAtMs: number[] = [];
    const seconds: Record<"killed" | "frozen", number[]> = { killed: [], frozen: [] };
    const endMs = performance.now() + context.seconds * 1_000;
    for (let turn = 1; performance.now() < endMs || turn <= FREEZE_EVERY; turn++) {
      await traffic.flows(BETWEEN);
      const { stuckCalls } = traffic;
      await eventually("the blocked key is tried again", () => traffic.stuckCalls > stuckCalls);
      const owner = await ownerOf(stage);
      await sleep(LOST_MS[turn % LOST_MS.length]);
      const isFrozen = turn % FREEZE_EVERY === 0;
      if (isFrozen) owner.signal("SIGSTOP");
      else await owner.kill();
      faultsAtMs.push(performance.now());
      seconds[isFrozen ? "frozen" : "killed"].push(await traffic.goesOn(performance.now()));
      if (isFrozen) await sleep(LONGER_MS[(turn / FREEZE_EVERY) % LONGER_MS.length]);
      await traffic.flows(BETWEEN);
      if (isFrozen) owner.signal("SIGCONT");
      else await owner.launch();
    }
    await traffic.flows(BETWEEN);
    const { stuckCalls } = traffic;
    await traffic.end();
    const facts = await stage.account();
    const { wrong, examples, repeats, overlaps } = traffic.judge(faultsAtMs);
    assert.ok(stuckCalls > 0, "a key was blocked all the time");
    return {
      ...facts,
      wrong: facts.wrong + wrong,
      examples: [...facts.examples, ...examples],
      notes: [
        `the owner was killed ${seconds.killed.length} times, and events went on after ${spread(seconds.killed)}`,
        `it was frozen ${seconds.frozen.length} times, and events went on after ${spread(seconds.frozen)}`,
        `${repeats} events were called for again that were done, ${overlaps} calls ran beside one of their key; the blocked key was tried ${stuckCalls} times`,
      ],
    };
  },
};

/** The router that has keys in hand: the blocked one waits there for its next try. */
async function ownerOf({ routers }: Stage): Promise<Router> {
  let owner: Router | undefined;
  await eventually("a router owns the queue", async () => {
    const labels = { destination: `function/${ORDERED}` };
    const counts = await Promise.all(routers.map((each) => each.metricSum("busbar_destination_keys_waiting", labels)));
    owner = routers.find((_, at) => (counts[at] ?? 0) > 0);
    return owner !== undefined;
  });
  assert.ok(owner !== undefined);
  return owner;
}

function spread(seconds: readonly number[]): string {
  return `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`;
}

/** Retries of an event come after a second each, and it is tried on after the last. */
function configuration(url: string): Configuration {
  const yaml = `
functions:
  healthy: { http: { url: "${url}/healthy" }, concurrency: 20 }
  ${ORDERED}:
    http: { url: "${url}/${ORDERED}" }
    concurrency: 6
    maximumRetryAttempts: 2
    retryIntervalsSeconds: [1]
    circuitBreaker: false
    orderBy: { path: $.detail.key, whenFailed: block }
rules:
  called: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy } } }
  in-order: { eventPattern: { source: [${KEYED_SOURCE}] }, targets: { ${ORDERED}: { function: ${ORDERED} } } }
`;
  return { yaml, ends: new Map([["healthy", delivered("function/healthy")]]), queues: ["busbar.dead-letter"] };
}
