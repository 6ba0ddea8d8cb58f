import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Router } from "../../../../test/support/router/router.ts";
import type { Configuration } from "../../configuration.ts";
import { delivered } from "../../configuration.ts";
import { StreamReads } from "../../order/stream-reads.ts";
import type { Scenario } from "../../scenario.ts";
import type { Stage } from "../../stage.ts";

const READS = "reads";
const MAPPING = "reads-clicks";
const EVENTS_PER_SECOND = 60;
const KEYS = 12;
/** How long after a batch was seen in a call its reader is killed, in milliseconds, in turn: also just as a checkpoint is stored, once a second. */
const KILL_MS = [0, 30, 250, 700, 1_000, 1_300];

export const streamReaderKill: Scenario = {
  name: "stream-reader-kill",
  description:
    "two routers have a mapping of a stream, and the one that reads it is killed again and again: each record reaches the function, each key in order, with repetitions and no gap",
  seconds: 60,
  async run(context) {
    const reads = await StreamReads.start(READS);
    context.after(() => reads.stop());
    const broker = await (await context.rabbitMq()).newVhost();
    const configuration = (url: string): Configuration => withStream(url, reads.url);
    const stage = await context.stage({ broker, routers: 2, configuration });
    reads.ledger = stage.ledger;
    const entry = (index: number) => ({ source: "faults", detail: { index, key: `k${index % KEYS}` } });
    stage.startLoad({ perSecond: EVENTS_PER_SECOND, entry });
    await stage.flows();
    await eventually("records are read", () => reads.batches > 10);

    const killsAtMs: number[] = [];
    const seconds: number[] = [];
    const endMs = performance.now() + context.seconds * 1_000;
    while (performance.now() < endMs || killsAtMs.length < 2) {
      await eventually("a batch is in a call", () => reads.inCalls > 0);
      const reader = await readerOf(stage);
      await sleep(KILL_MS[killsAtMs.length % KILL_MS.length]);
      await reader.kill();
      killsAtMs.push(performance.now());
      seconds.push(await reads.goOn());
      await reader.launch();
      await stage.flows();
    }

    const facts = await stage.account();
    const { wrong, examples, repeats, overlaps } = reads.judge(killsAtMs);
    const [least, middle, most] = [0, 0.5, 1].map((part) => quantile(seconds, part).toFixed(2));
    return {
      ...facts,
      wrong: facts.wrong + wrong,
      examples: [...facts.examples, ...examples],
      notes: [
        `the reader was killed ${killsAtMs.length} times; new records of both partitions came ${least} to ${most} s after it, half of the times within ${middle} s`,
        `${reads.batches} calls with ${reads.records} records; ${repeats} came again that were handled, ${overlaps} while a call with others of their key went on`,
      ],
    };
  },
};

/** A router that has calls under way for the mapping. After the first kill it reads both partitions. */
async function readerOf({ routers }: Stage): Promise<Router> {
  let reader: Router | undefined;
  await eventually("a router reads", async () => {
    const labels = { mapping: MAPPING };
    const calls = await Promise.all(routers.map((each) => each.metricSum("busbar_mapping_calls_in_flight", labels)));
    reader = routers.find((_, at) => (calls[at] ?? 0) > 0);
    return reader !== undefined;
  });
  assert.ok(reader !== undefined);
  return reader;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.round((sorted.length - 1) * part)] ?? NaN;
}

function withStream(url: string, readsUrl: string): Configuration {
  const yaml = `
streams:
  clicks: { partitions: 2 }
functions:
  healthy: { http: { url: "${url}/healthy" }, concurrency: 20 }
  ${READS}: { http: { url: "${readsUrl}" }, timeoutSeconds: 5, concurrency: 10, circuitBreaker: false }
rules:
  called: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy } } }
  kept:
    eventPattern: { source: [faults] }
    targets: { clicks: { stream: clicks, kinesisParameters: { partitionKeyPath: $.detail.key } } }
eventSourceMappings:
  ${MAPPING}:
    stream: clicks
    function: ${READS}
    startingPosition: TRIM_HORIZON
    parallelizationFactor: 3
    batchSize: 5
    reportBatchItemFailures: true
`;
  const ends = new Map([
    ["healthy", delivered("function/healthy")],
    [READS, delivered(`function/${READS}`)],
  ]);
  return { yaml, ends, queues: ["busbar.dead-letter"] };
}
