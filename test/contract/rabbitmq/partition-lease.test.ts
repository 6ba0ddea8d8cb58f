import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import { sleep } from "../../../src/async/sleep.ts";
import { checkpointQueue } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import type { Checkpoint } from "../../../src/flow/mappings/stream/checkpoint-message.ts";
import { checkpointMessage } from "../../../src/flow/mappings/stream/checkpoint-message.ts";
import { PartitionLease } from "../../../src/flow/mappings/stream/partition-lease.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { eventually, within } from "../waiting.ts";

const QUEUE = checkpointQueue("clicks-to-count", 0);
const { signal: NEVER } = new AbortController();

/** The lease of a partition at a router of its own. */
async function leaseOf(t: TestContext, url: string) {
  const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
  const broker = await connectRabbitMq({ urls: [through(proxy, url)], events: {} });
  t.after(() => broker.close().then(() => proxy.close()));
  const deps = { broker, nowMs: Date.now, newId: randomUUID, sleep, leave: NEVER, onError: () => undefined };
  const lease = new PartitionLease(QUEUE, deps, () => undefined);
  await lease.join(() => Promise.resolve({ kind: "oldest" }), NEVER);
  return { lease, proxy, broker };
}

function checkpointOf({ held }: PartitionLease): Checkpoint | undefined {
  return held?.value;
}

function at(offset: number) {
  return { from: { kind: "offset", offset } } as const;
}

describe("The lease of a partition on RabbitMQ", () => {
  it("is one router's; when its connection is lost, another has it with the last checkpoint that was stored", async (t) => {
    const url = await freshVhost(t, [QUEUE]);
    const one = await leaseOf(t, url);
    const other = await leaseOf(t, url);
    await eventually("one has it", () => one.lease.held !== undefined);
    assert.equal(one.lease.held?.value.seed?.isFirst, true);
    for (const offset of [10, 20, 30]) await one.lease.store(at(offset), NEVER);
    await eventually("it has the last one", () => one.lease.held?.value.sequence === 3);
    assert.equal(checkpointOf(other.lease), undefined);
    const lost = one.lease.held.lost;
    await one.proxy.close();
    await eventually("the other has it", () => other.lease.held !== undefined);
    await eventually("and knows the last one", () => checkpointOf(other.lease)?.sequence === 3);
    assert.partialDeepStrictEqual(checkpointOf(other.lease), at(30));
    await eventually("the first one knows that it has lost it", () => lost.aborted && one.lease.held === undefined);
  });

  it("is handed over at a stop, with how far the reading has come", async (t) => {
    const url = await freshVhost(t, [QUEUE]);
    const one = await leaseOf(t, url);
    const other = await leaseOf(t, url);
    await eventually("one has it", () => one.lease.held !== undefined);
    await one.lease.store(at(10), NEVER);
    await within("stopped", one.lease.stop(at(17)));
    await eventually("the other goes on there", () => other.lease.held?.value.sequence === 2);
    assert.deepEqual(other.lease.held?.value.from, at(17).from);
  });

  it("goes on at the later one of two checkpoints that a crash left, whichever comes first", async (t) => {
    const url = await freshVhost(t, [QUEUE]);
    const one = await leaseOf(t, url);
    await eventually("one has it", () => one.lease.held !== undefined);
    await one.lease.store(at(10), NEVER);
    const left = [8, 7].map((sequence) => {
      return checkpointMessage(QUEUE, randomUUID(), { sequence, writer: "dead", ...at(sequence * 10) });
    });
    await one.broker.publish(left);
    await eventually("the later one counts", () => one.lease.held?.value.sequence === 8);
    await one.lease.store(at(81), NEVER);
    await eventually("the next one is later still", () => one.lease.held?.value.sequence === 9);
    await within("stopped", one.lease.stop(undefined));
    const depth = async (): Promise<boolean> => (await one.broker.depth(QUEUE))?.ready === 1;
    await eventually("one checkpoint is left", depth);
  });
});
