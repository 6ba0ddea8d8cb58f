import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "amqplib";
import { eventually } from "../../../../test/contract/waiting.ts";
import { delivered, failed, richConfiguration } from "../../configuration.ts";
import type { Configuration, Ends } from "../../configuration.ts";
import { BUSY_SECONDS } from "../../functions.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";
import { reconfigure } from "../../stage.ts";

const WAITING = 40;
const QUEUE = "busbar.function.busy";
/** A retry waits 1 s in the ladder. The rest is for a machine that has more to do. */
const RETRY_MS_MAX = 1_000 + 5_000;

export const delayedTargetGone: Scenario = {
  name: "delayed-target-gone",
  description:
    "a queue is deleted while deliveries for it wait in the ladder: other functions' retries are not held up",
  seconds: 0,
  async run(context) {
    const broker = await (await context.rabbitMq()).newVhost();
    const stage = await context.stage({ broker, configuration: withBusy });
    const person = await connect(broker);
    context.after(() => person.close());
    const channel = await person.createChannel();
    const watch = watchCalls(stage);
    stage.startLoad();
    await stage.flows();

    // The function is still there: its queue is made again before they come.
    await haveWaiting(stage, watch, delivered("function/busy"));
    assert.equal((await channel.deleteQueue(QUEUE)).messageCount, 0);
    await eventually("they are delivered all the same", () => stage.functions.succeeded.get("busy") === WAITING);

    // The function is gone as well, and no router remembers it.
    await haveWaiting(stage, watch, failed("queue/busbar.dead-letter"));
    await reconfigure(stage.router, richConfiguration(stage.functions.url));
    await stage.router.kill();
    assert.equal((await channel.deleteQueue(QUEUE)).messageCount, 0);
    await stage.router.launch();
    watch.begin(); // some had to wait for the router
    await sleep(BUSY_SECONDS * 1_000);
    await stage.flows();

    assert.ok(watch.longestRetryMs < RETRY_MS_MAX, `a retry took ${watch.longestRetryMs} ms`);
    const facts = await stage.account();
    return { ...facts, notes: [`the longest retry of another function took ${Math.round(watch.longestRetryMs)} ms`] };
  },
};

function withBusy(functionsUrl: string): Configuration {
  const rules = "  busy: { eventPattern: { source: [busy] }, targets: { busy: { function: busy } } }";
  return richConfiguration(functionsUrl, { functions: ["busy"], rules });
}

interface Watch {
  busyCalls: number;
  longestRetryMs: number;
  /** Retries that wait already do not count. */
  begin(): void;
}

function watchCalls({ functions }: Stage): Watch {
  const firstAtMs = new Map<string, number>();
  const watch: Watch = {
    busyCalls: 0,
    longestRetryMs: 0,
    begin() {
      firstAtMs.clear();
      this.longestRetryMs = 0;
    },
  };
  functions.before(({ name, attempt, deliveryId }) => {
    if (name === "busy" && attempt === 1) watch.busyCalls += 1;
    if (name === "flaky" && attempt === 1) firstAtMs.set(deliveryId, performance.now());
    if (name === "flaky" && attempt === 2) {
      const tookMs = performance.now() - (firstAtMs.get(deliveryId) ?? performance.now());
      watch.longestRetryMs = Math.max(watch.longestRetryMs, tookMs);
    }
    return true;
  });
  return watch;
}

/** Resolves when so many deliveries have been turned away once and wait in the ladder. */
async function haveWaiting(stage: Stage, watch: Watch, ends: Ends): Promise<void> {
  const before = watch.busyCalls;
  const entries = Array.from({ length: WAITING }, () => ({ source: "busy", detail: {} }));
  for (let from = 0; from < WAITING; from += 10) {
    stage.ledger.expect(await stage.put(entries.slice(from, from + 10)), new Map([["busy", ends]]));
  }
  await eventually("all are turned away once", () => watch.busyCalls >= before + WAITING);
  // Counted when the wait is stored.
  const retries = 'busbar_delivery_retries_total{destination="function/busy",reason="server_error"}';
  await eventually("all wait", async () => (await stage.router.metric(retries)) >= before + WAITING);
}
