import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, it, type TestContext } from "node:test";
import { HEADER } from "../../../src/domain/delivery/headers.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { GetOptions, HeldMessage, QueueHolds, VisibleAgainReason } from "../../../src/ports/broker/holds.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import { startRabbitMq, type RabbitMq } from "../../support/rabbitmq/rabbitmq.ts";
import { eventually, publishedInTheEnd, within } from "../waiting.ts";

const ORDERS = "orders";
const LONG_MS = 20 * 60_000;

/** What becomes of messages in somebody's hands when connections, routers and RabbitMQ go away. */
describe("messages held on RabbitMQ, on a bad day", { timeout: 300_000 }, () => {
  let rabbitMq: RabbitMq;
  before(async () => {
    rabbitMq = await startRabbitMq();
  });
  after(() => rabbitMq.remove());

  it("a lost connection makes everything that it held visible, counted, and loses nothing", async (t) => {
    const { holds, proxy, returned } = await routerOf(t, await rabbitMq.newVhost(), 40);
    const held = await getUntil(holds, 40);
    proxy.cut();
    await eventually("all are reported", () => Promise.resolve(returned.length === 40));
    assert.deepEqual(new Set(returned), new Set(["connection"]));
    const again = await getUntil(holds, 40);
    assert.deepEqual(idsOf(again), idsOf(held));
    assert.ok(again.every(({ receives }) => receives === 2));
    assert.deepEqual(await holds.hide(ORDERS, [{ receipt: held[0]!.receipt, invisibleMs: 0 }]), ["changed"]);
  });

  it("a connection that is lost while hundreds are received loses none of them", async (t) => {
    const url = await rabbitMq.newVhost();
    const [one, other] = [await routerOf(t, url, 300), await routerOf(t, url)];
    await getUntil(one.holds, 1, { invisibleMs: 0 });
    for (const afterMs of [0, 2, 5, 10]) {
      const receiving = one.holds.getMany(ORDERS, { ...OPTIONS, limit: 300 }).catch(() => undefined);
      await delay(afterMs);
      one.proxy.cut();
      await receiving;
    }
    const all = await getUntil(other.holds, 300);
    assert.deepEqual(idsOf(all), Array.from({ length: 300 }, (_, n) => `m-${n}`).toSorted());
  });

  it("a receipt deletes and hides at another router", async (t) => {
    const url = await rabbitMq.newVhost();
    const [one, other] = [await routerOf(t, url, 3), await routerOf(t, url)];
    const [first, second, third] = await getUntil(one.holds, 3);
    assert.deepEqual(await other.holds.delete(ORDERS, [first!.receipt]), ["deleted"]);
    assert.deepEqual(await one.holds.hide(ORDERS, [{ receipt: first!.receipt, invisibleMs: 0 }]), ["gone"]);
    const changes = [
      { receipt: second!.receipt, invisibleMs: 0 },
      { receipt: third!.receipt, invisibleMs: LONG_MS },
      { receipt: third!.receipt, invisibleMs: other.holds.invisibleMsMax + 1 },
    ];
    assert.deepEqual(await other.holds.hide(ORDERS, changes), ["changed", "changed", "too-long"]);
    const [back] = await getUntil(other.holds, 1);
    assert.deepEqual([back!.message.id, back!.receives], [second!.message.id, 2]);
  });

  it("what a router that has died handed out is deleted at another, although it comes back", async (t) => {
    const url = await rabbitMq.newVhost();
    const [one, other, third] = [await routerOf(t, url, 20), await routerOf(t, url), await routerOf(t, url)];
    const held = await getUntil(one.holds, 20);
    await one.proxy.close();
    const done = held.slice(0, 10).map(({ receipt }) => receipt);
    const deleting = within("answered at once", other.holds.delete(ORDERS, done));
    assert.ok((await deleting).every((outcome) => outcome === "deleted"));
    const left = await getUntil(third.holds, 10);
    assert.deepEqual(idsOf(left), idsOf(held.slice(10)));
    await third.holds.delete(
      ORDERS,
      left.map(({ receipt }) => receipt),
    );
    assert.deepEqual(await third.holds.getMany(ORDERS, OPTIONS), []);
  });

  it("a router that starts knows what was deleted before, and does not hand it out", async (t) => {
    const url = await rabbitMq.newVhost();
    const [one, other] = [await routerOf(t, url, 2), await routerOf(t, url)];
    const [first, second] = await getUntil(one.holds, 2);
    await one.proxy.close();
    await eventually("both are back", async () => (await other.holds.counts(ORDERS))?.visible === 2);
    assert.deepEqual(await other.holds.delete(ORDERS, [first!.receipt]), ["deleted"]);
    const third = await routerOf(t, url);
    assert.deepEqual(idsOf(await getUntil(third.holds, 1)), [second!.message.id]);
    assert.deepEqual(await third.holds.getMany(ORDERS, OPTIONS), []);
  });

  it("a receipt whose time is over deletes what another router has received since", async (t) => {
    const url = await rabbitMq.newVhost();
    const [one, other] = [await routerOf(t, url, 1), await routerOf(t, url)];
    const [first] = await getUntil(one.holds, 1, { invisibleMs: 0 });
    const [second] = await getUntil(other.holds, 1);
    assert.deepEqual(await one.holds.delete(ORDERS, [first!.receipt]), ["deleted"]);
    await eventually("the other router has deleted it", async () => {
      const [outcome] = await other.holds.hide(ORDERS, [{ receipt: second!.receipt, invisibleMs: LONG_MS }]);
      return outcome === "gone";
    });
  });

  it("what is deleted after its time does not move on, at a router that has just started either", async (t) => {
    const url = await rabbitMq.newVhost();
    const one = await routerOf(t, url, 3);
    const held = await getUntil(one.holds, 3, { invisibleMs: 0 });
    await one.holds.delete(
      ORDERS,
      held.slice(0, 2).map(({ receipt }) => receipt),
    );
    const { broker } = await routerOf(t, url);
    const browsing = await broker.browse(ORDERS);
    const met: string[] = [];
    await eventually("it is met", async () => {
      met.push(...(await browsing.next(10)).map(({ message }) => message.id));
      return met.length > 0;
    });
    await browsing.end();
    assert.deepEqual(met, [held[2]!.message.id]);
    await eventually("the others are gone", async () => (await broker.depth(ORDERS))?.ready === 1);
  });

  it("a delete is not undone by a connection that is cut right after its answer", async (t) => {
    const { holds, proxy } = await routerOf(t, await rabbitMq.newVhost(), 10);
    const held = await getUntil(holds, 10);
    await holds.delete(
      ORDERS,
      held.slice(1).map(({ receipt }) => receipt),
    );
    proxy.cut();
    assert.deepEqual(idsOf(await getUntil(holds, 1)), [held[0]!.message.id]);
    assert.deepEqual(await holds.getMany(ORDERS, OPTIONS), []);
  });

  it("a poll that waits ends when the connection is lost, and the next one rings", async (t) => {
    const { broker, holds, proxy } = await routerOf(t, await rabbitMq.newVhost());
    const waiting = holds.bell(ORDERS, new AbortController().signal);
    await eventually("it listens", async () => (await broker.depth(ORDERS))?.consumers === 1);
    proxy.cut();
    assert.equal(await within("ended", waiting), false);
    await publishedInTheEnd(broker, messageOf(0));
    await eventually("it rings", () => holds.bell(ORDERS, AbortSignal.timeout(30_000)).catch(() => false));
    assert.equal((await getUntil(holds, 1))[0]?.receives, 1);
  });

  it("an expiry that finds a young message first leaves the queue alone until that one is old", async (t) => {
    const { holds } = await routerOf(t, await rabbitMq.newVhost(), 3);
    for (const deleted of [0, 0, 0]) assert.equal(await holds.expire(ORDERS, LONG_MS), deleted);
    const order: string[] = [];
    for (let n = 0; n < 3; n++) order.push(...idsOf(await getUntil(holds, 1)));
    assert.deepEqual(order, ["m-1", "m-2", "m-0"], "the first was published again, once");
  });

  it("a purge is known to all routers, and what is sent after it stays where clocks differ", async (t) => {
    const url = await rabbitMq.newVhost();
    const behind = (): number => Date.now() - 3_600_000;
    const ahead = (): number => Date.now() + 3_600_000;
    const [one, two, three] = [
      await routerOf(t, url),
      await routerOf(t, url, 0, behind),
      await routerOf(t, url, 0, ahead),
    ];
    await three.broker.publish([messageOf(1, ahead())]);
    await getUntil(three.holds, 1);
    await one.holds.clear(ORDERS);
    await eventually("both have heard", () =>
      [two, three].every(({ holds }) => holds.clearedAgoMs(ORDERS) !== undefined),
    );
    assert.equal((await three.holds.counts(ORDERS))?.invisible, 0, "in hand, it is deleted whenever it was sent");
    await two.broker.publish([messageOf(2, behind())]);
    assert.deepEqual(idsOf(await getUntil(one.holds, 1)), ["m-2"]);
  });

  it("however many polls wait, there is one subscription, and each message wakes one", async (t) => {
    const { broker, holds } = await routerOf(t, await rabbitMq.newVhost());
    const ending = new AbortController();
    let rung = 0;
    const polls = Array.from({ length: 50 }, async () => {
      if (await holds.bell(ORDERS, ending.signal)) rung += 1;
    });
    await eventually("it listens", async () => (await broker.depth(ORDERS))?.consumers === 1);
    const held: HeldMessage[] = [];
    for (const woken of [1, 2]) {
      await broker.publish([messageOf(woken)]);
      await eventually(`${woken} polls are woken`, () => rung === woken);
      held.push(...(await getUntil(holds, 1)));
    }
    ending.abort();
    await Promise.all(polls);
    assert.equal(rung, 2);
    // RabbitMQ counts a cancelled consumer for as long as a message of it is unacked.
    await holds.delete(
      ORDERS,
      held.map(({ receipt }) => receipt),
    );
    await eventually("nobody listens", async () => (await broker.depth(ORDERS))?.consumers === 0);
  });

  it("a restart of RabbitMQ gives back what is held, and keeps what was deleted deleted", async (t) => {
    const { holds } = await routerOf(t, await rabbitMq.newVhost(), 30);
    const held = await getUntil(holds, 30);
    await holds.delete(
      ORDERS,
      held.slice(0, 10).map(({ receipt }) => receipt),
    );
    await rabbitMq.stop();
    await rabbitMq.start();
    const again = await getUntil(holds, 20);
    assert.deepEqual(idsOf(again), idsOf(held.slice(10)));
    assert.ok(again.every(({ receives }) => receives >= 2));
  });
});

const OPTIONS: GetOptions = { limit: 10, bytesMax: 1_048_576, invisibleMs: LONG_MS };

/** A router, reached through a proxy, and so many messages that it sends. */
async function routerOf(t: TestContext, url: string, sent = 0, clock = Date.now) {
  const proxy: TcpProxy = await startTcpProxy(Number(new URL(url).port));
  t.after(() => proxy.close());
  const returned: VisibleAgainReason[] = [];
  const events = {
    visibleAgain: (_queue: string, count: number, reason: VisibleAgainReason) =>
      void returned.push(...Array.from({ length: count }, () => reason)),
  };
  const broker = await within("connected", connectRabbitMq({ urls: [through(proxy, url)], events, clock }));
  t.after(() => broker.close());
  await broker.declare([declarationOf(ORDERS)]);
  await broker.publish(Array.from({ length: sent }, (_, n) => messageOf(n)));
  const { holds } = broker;
  assert.ok(holds);
  return { broker, holds, proxy, returned };
}

function messageOf(n: number, sentAtMs = Date.now()): Message {
  return { queue: ORDERS, id: `m-${n}`, body: Buffer.from("{}"), headers: { [HEADER.sentAt]: sentAtMs } };
}

/** Receives until there are so many, through lost connections. */
async function getUntil(
  holds: QueueHolds,
  count: number,
  options: Partial<GetOptions> = {},
): Promise<readonly HeldMessage[]> {
  const all: HeldMessage[] = [];
  await eventually(`${count} received`, async () => {
    const limit = Math.min(10, count - all.length);
    all.push(...((await holds.getMany(ORDERS, { ...OPTIONS, ...options, limit }).catch(() => undefined)) ?? []));
    return all.length === count;
  });
  return all;
}

function idsOf(held: readonly HeldMessage[]): readonly string[] {
  return held.map(({ message: { id } }) => id).toSorted();
}
