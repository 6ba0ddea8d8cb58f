import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { connect } from "amqplib";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import type { GetOptions, HeldMessage, QueueHolds } from "../../../src/ports/broker/holds.ts";
import { QueueRefusedError } from "../../../src/ports/broker/inspector.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { eventually, within } from "../waiting.ts";

const OURS = "orders";
const STREAM = "order-stream";
const EMPTY_STREAM = "empty-stream";
const SINGLE = "single-orders";
const CLASSIC = "classic-orders";
const QUEUES = [OURS, STREAM, EMPTY_STREAM, SINGLE, CLASSIC];
const OPTIONS: GetOptions = { limit: 10, bytesMax: 1_048_576, invisibleMs: 20 * 60_000 };

/** Queues that others made: some have no gets, and RabbitMQ closes channels and connections over a get. */
describe("queues of other people, received from on RabbitMQ", { timeout: 180_000 }, () => {
  /** Two routers on a virtual host with these queues, each with five messages. */
  const opened = async (t: TestContext) => {
    const url = await freshVhost(t, QUEUES);
    await makeQueues(url);
    const [one, other] = [await routerOf(t, url), await routerOf(t, url)];
    await one.broker.publish(Array.from({ length: 5 }, (_, n) => messageOf(n)));
    return { holds: one.broker.holds, proxy: one.proxy, other: other.broker.holds };
  };

  for (const queue of [STREAM, SINGLE]) {
    it(`${queue} refuses each receive, and takes nothing out of anybody's hands`, async (t) => {
      const { holds, other } = await opened(t);
      const held = await getAll(holds, OURS);
      assert.equal(await within("a receive has to say it", holds.bell(queue, new AbortController().signal)), true);
      for (const ask of [
        () => holds.getMany(queue, OPTIONS),
        () => holds.getMany(queue, OPTIONS),
        () => Promise.all(Array.from({ length: 5 }, () => holds.getMany(queue, OPTIONS))),
      ]) {
        await assert.rejects(ask, (error) => error instanceof QueueRefusedError && error.refusal === "kind");
      }
      assert.equal(await holds.expire(queue, 0), 0);
      const asked = held.map(({ receipt }) => ({ receipt, invisibleMs: OPTIONS.invisibleMs }));
      for (const each of [holds, other])
        assert.ok((await each.hide(OURS, asked)).every((outcome) => outcome === "changed"));
      assert.deepEqual(await holds.getMany(OURS, OPTIONS), []);
    });
  }

  it("an empty queue without gets refuses too", async (t) => {
    const { holds } = await opened(t);
    await assert.rejects(holds.getMany(EMPTY_STREAM, OPTIONS), QueueRefusedError);
  });

  it("a classic queue is received from, in its order, and nothing counts twice", async (t) => {
    const { holds, other } = await opened(t);
    const first = await holds.getMany(CLASSIC, { ...OPTIONS, limit: 1 });
    const rest = await holds.getMany(CLASSIC, OPTIONS);
    const all = [...first!, ...rest!];
    assert.deepEqual(idsOf(first!), ["c-0"]);
    assert.deepEqual(idsOf(all).toSorted(), ["c-0", "c-1", "c-2", "c-3", "c-4"]);
    assert.ok(all.every(({ receives }) => receives === 1));
    assert.deepEqual(await other.delete(CLASSIC, [first![0]!.receipt]), ["deleted"]);
    await holds.hide(CLASSIC, [{ receipt: rest![0]!.receipt, invisibleMs: 0 }]);
    assert.deepEqual(idsOf(await getAll(other, CLASSIC, 1)), idsOf(rest!.slice(0, 1)));
  });

  it("many that receive first at the same time get each message once", async (t) => {
    const { holds } = await opened(t);
    const all = await Promise.all(Array.from({ length: 8 }, () => holds.getMany(CLASSIC, { ...OPTIONS, limit: 1 })));
    assert.deepEqual(idsOf(all.flatMap((each) => each!)).toSorted(), ["c-0", "c-1", "c-2", "c-3", "c-4"]);
  });

  it("the connection of a first receive ends with its message", async (t) => {
    const { holds, proxy } = await opened(t);
    await holds.getMany(OURS, OPTIONS);
    const before = proxy.open;
    const [first] = (await holds.getMany(CLASSIC, { ...OPTIONS, limit: 1 }))!;
    assert.equal(proxy.open, before + 1);
    await holds.delete(CLASSIC, [first!.receipt]);
    await eventually("it is closed", () => proxy.open === before);
    assert.equal((await getAll(holds, CLASSIC, 4)).length, 4);
    assert.equal(proxy.open, before);
  });

  it("a lost connection gives back what a first receive took", async (t) => {
    const { holds, proxy } = await opened(t);
    const [first] = (await holds.getMany(CLASSIC, { ...OPTIONS, limit: 1 }))!;
    proxy.cut();
    const again: HeldMessage[] = [];
    await eventually("all are here", async () => {
      again.push(...((await holds.getMany(CLASSIC, OPTIONS).catch(() => [])) ?? []));
      return again.length === 5;
    });
    assert.ok(idsOf(again).includes(first!.message.id));
  });
});

async function routerOf(t: TestContext, url: string) {
  const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
  t.after(() => proxy.close());
  const broker = await connectRabbitMq({ urls: [through(proxy, url)], events: {} });
  t.after(() => broker.close());
  await broker.declare(QUEUES.map(declarationOf));
  return { broker, proxy };
}

async function makeQueues(url: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  for (const stream of [STREAM, EMPTY_STREAM])
    await channel.assertQueue(stream, { arguments: { "x-queue-type": "stream" } });
  // An argument more, which RabbitMQ compares first.
  const single = { "x-queue-type": "quorum", "x-single-active-consumer": true, "x-max-length": 1_000 };
  await channel.assertQueue(SINGLE, { arguments: single });
  await channel.assertQueue(CLASSIC);
  for (let n = 0; n < 5; n++) {
    channel.sendToQueue(STREAM, Buffer.from("{}"));
    channel.sendToQueue(SINGLE, Buffer.from("{}"));
    channel.sendToQueue(CLASSIC, Buffer.from("{}"), { messageId: `c-${n}` });
  }
  await channel.waitForConfirms();
  await connection.close();
}

function messageOf(n: number) {
  return { queue: OURS, id: `m-${n}`, body: Buffer.from("{}"), headers: {} };
}

async function getAll(holds: QueueHolds, queue: string, count = 5): Promise<readonly HeldMessage[]> {
  const all: HeldMessage[] = [];
  await eventually(`${count} received`, async () => {
    all.push(...(await holds.getMany(queue, OPTIONS))!);
    return all.length === count;
  });
  return all;
}

function idsOf(held: readonly HeldMessage[]): readonly string[] {
  return held.map(({ message: { id } }) => id);
}
