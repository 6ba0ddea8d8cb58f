import assert from "node:assert/strict";
import type { Configuration } from "../../configuration.ts";
import { acceptedPerSecond, flood } from "../../flood/flood.ts";
import type { FloodReport } from "../../flood/flood.ts";
import type { Scenario } from "../../scenario.ts";
import { MemoryWatch } from "../../memory-watch.ts";

/** What a router is given in production (docs/operations.md, "Sizing"). */
const MEMORY_MIB_MAX = 1_024;
const PUT_P99_MS_MAX = 1_000;
const RECOVERY_SECONDS_MAX = 5;
/** Of the rate before: what counts as full speed, on a machine that others use as well. */
const FULL_SPEED = 0.8;
const FEW_CLIENTS = 8;
const MANY_CLIENTS = 500;

/** One function, so that puts and not deliveries are what there is too much of. */
function oneFunction(functionsUrl: string): Configuration {
  const yaml = `
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 50 }
rules:
  all: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy } } }
`;
  return { yaml, ends: new Map([["healthy", { delivered: true, places: ["function/healthy"] }]]), queues: [] };
}

/** Ten times as many events as the router can take. */
export const overload: Scenario = {
  name: "overload",
  description: "ten times the router's capacity is put; the rest gets 429 or 503 and the accepted ones are quick",
  seconds: 60,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const stage = await context.stage({ broker: await rabbitMq.newVhost(), configuration: oneFunction });
    const url = stage.router.publicUrl;
    const put = async (perSecond: number, clients: number, seconds: number): Promise<FloodReport> => {
      const report = await flood({ url, perSecond, clients, seconds });
      stage.alsoAccepted(report.accepted);
      return report;
    };
    const delivered = (): number => stage.functions.succeeded.get("healthy") ?? 0;
    const speedOf = async (seconds: number): Promise<Speed> => {
      const before = delivered();
      const accepted = acceptedPerSecond(await put(Infinity, FEW_CLIENTS, seconds), seconds);
      const deliveries = (delivered() - before) / seconds;
      return { accepted, deliveries, work: accepted + deliveries };
    };

    await speedOf(2);
    const { accepted: capacity, deliveries: fullDeliveries, work: fullWork } = await speedOf(5);
    const memory = new MemoryWatch(stage.router.pid);
    const before = delivered();
    const report = await put(10 * capacity, MANY_CLIENTS, context.seconds);
    const deliveries = (delivered() - before) / context.seconds;
    const endedAtMs = performance.now();
    while ((await speedOf(1)).work < FULL_SPEED * fullWork && performance.now() - endedAtMs < 60_000);
    const fullSpeedSeconds = (performance.now() - endedAtMs) / 1_000 - 1;
    const memoryMiB = memory.stop();

    stage.startLoad();
    const facts = await stage.account();
    checkAnswers(report);
    assert.ok(memoryMiB <= MEMORY_MIB_MAX, `the router took ${memoryMiB} MiB`);
    assert.ok(fullSpeedSeconds <= RECOVERY_SECONDS_MAX, `full speed came back after ${fullSpeedSeconds} s`);
    const notes = [
      `capacity ${capacity.toFixed(0)}/s, offered ${report.offeredPerSecond.toFixed(0)}/s, answers ${JSON.stringify(report.statuses)}`,
      `put p50 ${report.acceptedPutMs.p50.toFixed(0)} ms, p99 ${report.acceptedPutMs.p99.toFixed(0)} ms of the accepted`,
      `deliveries went on at ${deliveries.toFixed(0)}/s, ${fullDeliveries.toFixed(0)}/s before the flood`,
      `memory at most ${memoryMiB} MiB; full speed again after ${fullSpeedSeconds.toFixed(1)} s`,
    ];
    return { ...facts, memoryMiB, notes };
  },
};

/** Events a second. */
interface Speed {
  readonly accepted: number;
  readonly deliveries: number;
  /** Accepted and delivered together: after a flood, what it has left takes its share of the router. */
  readonly work: number;
}

function checkAnswers({ statuses, withoutRetryAfter, acceptedPutMs }: FloodReport): void {
  const refused = (statuses["429"] ?? 0) + (statuses["503"] ?? 0);
  assert.ok(refused > 0, "nothing was refused: the load was none too much");
  const others = Object.keys(statuses).filter((status) => !["200", "429", "503"].includes(status));
  assert.deepEqual(others, [], `answers: ${JSON.stringify(statuses)}`);
  assert.equal(withoutRetryAfter, 0, "refusals without Retry-After");
  assert.ok(acceptedPutMs.p99 < PUT_P99_MS_MAX, `put p99 was ${acceptedPutMs.p99} ms`);
}
