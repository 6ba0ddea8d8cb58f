import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { BATCH_SIZE_MAX, BATCHED_SOURCE, BatchTraffic, RECORDS } from "../../batches/batch-traffic.ts";
import { BATCHED, BatchedFunction } from "../../batches/batched-function.ts";
import type { Configuration } from "../../configuration.ts";
import { delivered } from "../../configuration.ts";
import { impatient } from "../../order/impatient.ts";
import type { Scenario } from "../../scenario.ts";

const EVENTS_PER_SECOND = 10;
/** How long after a call was seen a router is lost, in milliseconds, in turn. */
const LOST_MS = [0, 20, 60, 110, 500, 1_500];
/** A router is killed, and each time after so many it is frozen. */
const FREEZE_EVERY = 3;
/** Events that succeed between two faults. */
const BETWEEN = 100;

export const batchKill: Scenario = {
  name: "batch-kill",
  description:
    "two routers call a function with batches of groups, and one after the other is killed or frozen while it collects and calls: each event ends, in batches of its own group, and twice only where a fault has touched it",
  seconds: 90,
  async run(context) {
    const fn = await BatchedFunction.start();
    context.after(() => fn.stop());
    const broker = await (await context.rabbitMq()).newVhost();
    const stage = await context.stage({ broker, routers: 2, configuration: (url) => configuration(url, fn.url) });
    fn.ledger = stage.ledger;
    stage.startLoad({ perSecond: EVENTS_PER_SECOND, routers: stage.routers.map(impatient) });
    const traffic = BatchTraffic.start(stage, fn);
    context.after(() => traffic.end());
    const faultsAtMs: number[] = [];
    const seconds: Record<"killed" | "frozen", number[]> = { killed: [], frozen: [] };
    const endMs = performance.now() + context.seconds * 1_000;
    for (let turn = 1; performance.now() < endMs || turn <= FREEZE_EVERY; turn++) {
      await traffic.flows(BETWEEN);
      const router = stage.routers[turn % stage.routers.length];
      assert.ok(router !== undefined);
      await eventually("a batch is in a call", () => fn.inCalls > 0, 60_000);
      await sleep(LOST_MS[turn % LOST_MS.length]);
      const isFrozen = turn % FREEZE_EVERY === 0;
      // RabbitMQ hands out again what the router had before anybody here hears of its end.
      faultsAtMs.push(performance.now());
      if (isFrozen) router.signal("SIGSTOP");
      else await router.kill();
      seconds[isFrozen ? "frozen" : "killed"].push(await traffic.doneOf(performance.now()));
      faultsAtMs.push(performance.now());
      if (isFrozen) router.signal("SIGCONT");
      else await router.launch();
    }
    await traffic.flows(BETWEEN);
    await traffic.end();
    const facts = await stage.account();
    const { wrong, examples, repeats } = traffic.judge(faultsAtMs);
    assert.ok(repeats > 0, "no call was interrupted");
    const events = fn.calls.reduce((sum, call) => sum + call.events.length, 0);
    return {
      ...facts,
      wrong: facts.wrong + wrong,
      examples: [...facts.examples, ...examples],
      notes: [
        `routers were killed ${seconds.killed.length} times, and what was put before had succeeded ${spread(seconds.killed)} after it`,
        `they were frozen ${seconds.frozen.length} times, and it had ${spread(seconds.frozen)} after it`,
        `${fn.calls.length} calls with ${events} events; ${repeats} times an event was called for again that had not failed`,
      ],
    };
  },
};

function spread(seconds: readonly number[]): string {
  return `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`;
}

function configuration(url: string, batchedUrl: string): Configuration {
  const yaml = `
functions:
  healthy: { http: { url: "${url}/healthy" }, concurrency: 20 }
  ${BATCHED}:
    http: { url: "${batchedUrl}" }
    concurrency: 6
    retryIntervalsSeconds: [1]
    circuitBreaker: false
    onSuccess: { queue: ${RECORDS.done} }
    onFailure: { queue: ${RECORDS.failed} }
queues: { ${RECORDS.done}: {}, ${RECORDS.failed}: {} }
rules:
  called: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy } } }
  in-batches:
    eventPattern: { source: [${BATCHED_SOURCE}] }
    targets: { ${BATCHED}: { function: ${BATCHED}, batch: { size: ${BATCH_SIZE_MAX}, windowSeconds: 2, groupBy: $.detail.group } } }
`;
  const ends = new Map([["healthy", delivered("function/healthy")]]);
  return { yaml, ends, queues: [RECORDS.done, RECORDS.failed, "busbar.dead-letter"] };
}
