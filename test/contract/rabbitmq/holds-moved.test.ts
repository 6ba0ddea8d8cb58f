import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import { HEADER } from "../../../src/domain/delivery/headers.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf, HELD_QUEUE, PARKED_QUEUE } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import type { MoveLimits } from "../../../src/edge/rabbitmq/holds/moved/held-queue.ts";
import type { BrokerEvents } from "../../../src/ports/broker/broker.ts";
import type { GetOptions, HeldMessage, QueueHolds } from "../../../src/ports/broker/holds.ts";
import { INVISIBLE_MS_MAX } from "../../../src/ports/broker/holds.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { eventually, within } from "../waiting.ts";

const ORDERS = "orders";
const HOUR_MS = 3_600_000;
/** What is held moves at once, but for what is visible soon. */
const AT_ONCE: Partial<MoveLimits> = { moveAfterMs: 1 };
const OPTIONS: GetOptions = { limit: 10, bytesMax: 1_048_576, invisibleMs: HOUR_MS };

/** Messages that are invisible for longer than a channel may hold them. */
describe("messages that wait in busbar.sqs.held on RabbitMQ", { timeout: 300_000 }, () => {
  it("what is held for long moves, and stays invisible when its router and its connection are lost", async (t) => {
    const { router } = await opened(t);
    const one = await router(AT_ONCE);
    await one.broker.publish(messages(20));
    const held = await getUntil(one.holds, 20);
    const other = await router();
    const inHand = async ({ holds }: TestRouter): Promise<number> => (await holds.counts(ORDERS))!.invisible;
    await eventually("they have moved", async () => {
      return one.moves() >= held.length && (await inHand(one)) + (await inHand(other)) === held.length;
    });
    // Its answer comes after the acks, which are on the same connection.
    await inHand(one);
    await one.proxy.close();
    await other.broker.publish([{ ...messages(1)[0]!, id: "after" }]);
    assert.deepEqual(idsOf(await getUntil(other.holds, 1)), ["after"]);
    await eventually("the other has them all", async () => (await inHand(other)) === 21);
    assert.deepEqual(await other.holds.getMany(ORDERS, OPTIONS), []);
  });

  it("a stopped router leaves what it holds invisible, and the next one gives it back in time", async (t) => {
    const { router } = await opened(t);
    const one = await router();
    const sent = messages(5);
    await one.broker.publish(sent);
    const startedAtMs = Date.now();
    const held = await getUntil(one.holds, 5, { invisibleMs: 4_000 });
    await one.broker.close();
    const next = await router();
    const again = await getUntil(next.holds, 5);
    assert.ok(Date.now() - startedAtMs >= 4_000, "never early");
    assert.deepEqual(idsOf(again), idsOf(held));
    for (const { message, receives, firstReceivedAtMs, sentAtMs } of again) {
      const before = held.find(({ message: { id } }) => id === message.id)!;
      const { headers } = sent.find(({ id }) => id === message.id)!;
      assert.equal(receives, 2);
      assert.equal(firstReceivedAtMs, before.firstReceivedAtMs);
      assert.equal(sentAtMs, before.sentAtMs);
      assert.deepEqual(message.body, before.message.body);
      assert.equal(message.headers["colour"], headers["colour"]);
      assert.equal(message.headers[HEADER.heldFor], undefined);
    }
  });

  it("an old receipt deletes at every router", async (t) => {
    const { router } = await opened(t);
    const one = await router(AT_ONCE);
    const [two, three] = [await router(), await router()];
    await one.broker.publish(messages(9));
    const held = await getUntil(one.holds, 9);
    await hasMoved(one, held);
    for (const [index, { holds }] of [one, two, three].entries()) {
      const receipts = held.slice(index * 3, index * 3 + 3).map(({ receipt }) => receipt);
      assert.deepEqual(await holds.delete(ORDERS, receipts), ["deleted", "deleted", "deleted"]);
    }
    await eventually("all are deleted", async () => {
      const counts = await Promise.all([one, two, three].map(async ({ holds }) => (await holds.counts(ORDERS))!));
      return counts.every(({ visible, invisible }) => visible + invisible === 0);
    });
  });

  it("an old receipt hides for longer and shorter, and gives back, at every router", async (t) => {
    const { router } = await opened(t);
    const one = await router(AT_ONCE);
    const [two, three] = [await router(), await router()];
    await one.broker.publish(messages(6));
    const held = await getUntil(one.holds, 6);
    await hasMoved(one, held);
    for (const { holds } of [one, two, three]) {
      const changes = held.map(({ receipt }, n) => ({
        receipt,
        invisibleMs: n === 5 ? INVISIBLE_MS_MAX + 1 : 2 * HOUR_MS,
      }));
      const outcomes = await holds.hide(ORDERS, changes);
      assert.deepEqual(outcomes, ["changed", "changed", "changed", "changed", "changed", "too-long"]);
    }
    await three.holds.hide(ORDERS, [
      { receipt: held[0]!.receipt, invisibleMs: 0 },
      { receipt: held[1]!.receipt, invisibleMs: 500 },
    ]);
    const again = await getUntil(two.holds, 2);
    assert.deepEqual(idsOf(again), idsOf(held.slice(0, 2)));
    assert.ok(again.every(({ receives }) => receives === 2));
    const [gone] = await two.holds.hide(ORDERS, [{ receipt: held[0]!.receipt, invisibleMs: HOUR_MS }]);
    assert.equal(gone, "changed", "received again, and held by this router");
    await one.holds.delete(ORDERS, [held[2]!.receipt]);
    assert.deepEqual(await two.holds.hide(ORDERS, [{ receipt: held[2]!.receipt, invisibleMs: 0 }]), ["gone"]);
  });

  // The copy waits in `busbar.sqs.held`, or is back in its queue and in the same hands as what it was copied from.
  for (const [invisibleMs, received] of [
    [HOUR_MS, 1],
    [5_000, 2],
  ] as const) {
    it(`a delete finds both copies that a router lost in a move has left, of which ${received} are received`, async (t) => {
      const { router } = await opened(t);
      let confirms = 0;
      const one = await router(AT_ONCE, { confirmed: () => (confirms += 1) });
      const others = [await router(), await router()] as const;
      await one.broker.publish([{ ...messages(1)[0]!, id: randomUUID() }]);
      // The copy passes, and the ack of the original does not.
      one.proxy.onUpstream((chunk) => {
        if (chunk.includes(HEADER.heldFor)) one.proxy.stall("upstream");
      });
      await getUntil(one.holds, 1, { invisibleMs });
      // Before it the message, a question to all routers at the first receive, and its own answer.
      await eventually("the copy is stored", () => confirms === 4);
      await one.proxy.close();
      const inHand = async (): Promise<number> => {
        const counts = await Promise.all(others.map(async ({ holds }) => (await holds.counts(ORDERS))!));
        return counts.reduce((sum, { visible, invisible }) => sum + visible + invisible, 0);
      };
      const held = await getUntil(others[0].holds, received);
      await eventually("both are in hand", async () => (await inHand()) === 2);
      await others[1].holds.delete(ORDERS, [held[0]!.receipt]);
      await eventually("both are deleted", async () => (await inHand()) === 0);
    });
  }

  it("messages that share an id which is no UUID are deleted one by one", async (t) => {
    const { router } = await opened(t);
    const { broker, holds } = await router();
    await broker.publish([messages(1)[0]!, messages(1)[0]!].map((each) => ({ ...each, headers: {} })));
    for (const { receipt } of await getUntil(holds, 2)) await holds.hide(ORDERS, [{ receipt, invisibleMs: 0 }]);
    const [first] = await getUntil(holds, 2);
    await holds.delete(ORDERS, [first!.receipt]);
    assert.equal((await holds.counts(ORDERS))?.invisible, 1);
  });

  it("what waits is published again, and is in hand all the time", async (t) => {
    const { router } = await opened(t);
    const one = await router({ ...AT_ONCE, renewAfterMs: 100 });
    await one.broker.publish(messages(3));
    const startedAtMs = Date.now();
    const held = await getUntil(one.holds, 3, { invisibleMs: 3_000 });
    const again = await getUntil(one.holds, 3);
    assert.ok(Date.now() - startedAtMs >= 3_000, "never early");
    assert.ok(one.moves() >= 9, `published ${one.moves()} times`);
    assert.deepEqual(idsOf(again), idsOf(held));
    assert.ok(again.every(({ receives }) => receives === 2));
  });

  it("the oldest move early where bodies take too much room", async (t) => {
    const { router } = await opened(t);
    const one = await router({ heldBytesMax: 10 * 1_100 });
    await one.broker.publish(messages(30));
    await getUntil(one.holds, 30);
    await eventually("twenty have moved", () => one.moves() >= 20);
    await eventually("all are in hand", async () => (await one.holds.counts(ORDERS))?.invisible === 30);
    await one.holds.clear(ORDERS);
    await eventually("all are deleted", async () => (await one.holds.counts(ORDERS))?.invisible === 0);
  });

  it("more than a thousand are spread over several channels", async (t) => {
    const { router } = await opened(t);
    const one = await router({ heldBytesMax: 1 });
    await one.broker.publish(messages(2_300));
    await getUntil(one.holds, 2_300);
    await eventually("all have moved", () => one.moves() >= 2_300);
    await eventually("three channels consume", async () => ((await one.broker.depth(HELD_QUEUE))?.consumers ?? 0) >= 3);
    await eventually("none is left on its way", async () => (await one.broker.depth(HELD_QUEUE))?.ready === 0);
    await eventually("all are in hand", async () => (await one.holds.counts(ORDERS))?.invisible === 2_300);
    await one.holds.expire(ORDERS, 0);
    await eventually("all are deleted", async () => (await one.holds.counts(ORDERS))?.invisible === 0);
  });

  it("a message that no router has put there is parked", async (t) => {
    const { router } = await opened(t);
    const one = await router();
    await one.broker.publish([{ queue: HELD_QUEUE, id: "stray", body: Buffer.from("{}"), headers: {} }]);
    await eventually("it is parked", async () => (await one.broker.depth(PARKED_QUEUE))?.ready === 1);
    const [stray] = await one.broker.peek(PARKED_QUEUE, 1);
    assert.deepEqual([stray?.id, stray?.headers[HEADER.parkedFrom]], ["stray", HELD_QUEUE]);
  });
});

interface TestRouter {
  readonly broker: Awaited<ReturnType<typeof connectRabbitMq>>;
  readonly holds: QueueHolds;
  readonly proxy: TcpProxy;
  /** How often it published a message into `busbar.sqs.held`. */
  readonly moves: () => number;
}

async function opened(t: TestContext) {
  const url = await freshVhost(t, [ORDERS]);
  const router = async (moving: Partial<MoveLimits> = {}, events: Partial<BrokerEvents> = {}): Promise<TestRouter> => {
    const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
    t.after(() => proxy.close());
    const broker = await within("connected", connectRabbitMq({ urls: [through(proxy, url)], events, moving }));
    t.after(() => broker.close());
    await broker.declare([declarationOf(ORDERS)]);
    return { broker, holds: broker.holds, proxy, moves: timesSent(proxy, HEADER.heldFor) };
  };
  return { router };
}

/** How often a text went to RabbitMQ. It may cross two chunks. */
function timesSent(proxy: TcpProxy, text: string): () => number {
  let times = 0;
  let rest = "";
  proxy.onUpstream((chunk) => {
    const parts = (rest + chunk.toString("latin1")).split(text);
    times += parts.length - 1;
    rest = parts.at(-1)!.slice(1 - text.length);
  });
  return () => times;
}

/** Resolves when messages have moved, and RabbitMQ has the acks of the originals. */
async function hasMoved({ holds, moves }: TestRouter, held: readonly HeldMessage[]): Promise<void> {
  await eventually("they have moved", () => moves() >= held.length);
  const changes = held.map(({ receipt }) => ({ receipt, invisibleMs: OPTIONS.invisibleMs }));
  assert.ok((await holds.hide(ORDERS, changes)).every((outcome) => outcome === "changed"));
}

function messages(count: number): readonly Message[] {
  const headers = { colour: "blue", [HEADER.sentAt]: Date.now() };
  return Array.from({ length: count }, (_, n) => ({
    queue: ORDERS,
    id: `m-${n}`,
    body: Buffer.from(`{"n":${n}}`),
    headers,
  }));
}

async function getUntil(
  holds: QueueHolds,
  count: number,
  options: Partial<GetOptions> = {},
): Promise<readonly HeldMessage[]> {
  const all: HeldMessage[] = [];
  await eventually(`${count} received`, async () => {
    const limit = Math.min(10, count - all.length);
    all.push(...((await holds.getMany(ORDERS, { ...OPTIONS, ...options, limit })) ?? []));
    return all.length >= count;
  });
  return all;
}

function idsOf(held: readonly HeldMessage[]): readonly string[] {
  return held.map(({ message: { id } }) => id).toSorted();
}
