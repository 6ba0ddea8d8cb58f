import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { connect } from "amqplib";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { HeldMessage } from "../../../src/ports/broker/holds.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { QueueRefusedError } from "../../../src/ports/broker/inspector.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import { bodies, FIFO, FIFO_DEAD, fifoOf, messageOf } from "../broker/fifo-contract.ts";
import { eventually } from "../waiting.ts";

/** Opens routers on one virtual host. */
async function vhost(t: TestContext) {
  const url = await freshVhost(t, [FIFO, FIFO_DEAD]);
  const open = async (): Promise<{ broker: Broker; proxy: TcpProxy }> => {
    const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
    const broker = await connectRabbitMq({ urls: [through(proxy, url)], events: {} });
    t.after(async () => {
      await broker.close();
      await proxy.close();
    });
    return { broker, proxy };
  };
  return { url, open };
}

async function twoRouters(t: TestContext) {
  const { url, open } = await vhost(t);
  const [one, two] = [await open(), await open()];
  const owner = await fifoOf(one.broker);
  const other = await fifoOf(two.broker);
  // The first that comes to the queue owns it. The other one hears of leases once it hears what was sent.
  await owner.get();
  const [first] = await owner.send("g0-first");
  await eventually("the other router listens", async () => {
    const [again] = await other.send("g0-first");
    return again?.sequenceNumber === first?.sequenceNumber;
  });
  await owner.remove(...(await owner.until(1)));
  return {
    url,
    broker: one.broker,
    otherBroker: two.broker,
    owner,
    other,
    lose: () => one.proxy.close(),
    cut: () => one.proxy.cut(),
    stop: () => one.broker.close(),
  };
}

describe("FIFO queues on RabbitMQ and two routers", { timeout: 240_000 }, () => {
  it("a router that does not own a queue receives, hides and deletes at its owner, and waits there", async (t) => {
    const { owner, other } = await twoRouters(t);
    await other.send("g1-m1", "g1-m2", "g2-m1");
    const [m1] = await other.until(1);
    assert.deepEqual(bodies(await owner.until(1, { limit: 10 })), ["g2-m1"]);
    assert.deepEqual(await other.get(), []);
    const ringing = other.fifo.bell(FIFO, AbortSignal.timeout(60_000));
    await owner.remove(m1!);
    assert.equal(await ringing, true);
    const [m2] = await other.until(1);
    await owner.giveBack(m2!);
    assert.deepEqual(bodies(await other.until(1)), ["g1-m2"]);
    assert.deepEqual(await other.fifo.counts(FIFO), { visible: 0, invisible: 2, delayed: 0 });
  });

  it("what is ready is what the owner could hand out, a purge deletes all, and RabbitMQ refuses to show or move it", async (t) => {
    const { broker, owner } = await twoRouters(t);
    await owner.send("g1-m1", "g1-m2");
    await owner.until(1);
    await eventually("one is ready", async () => (await broker.depth(FIFO))?.ready === 1);
    assert.deepEqual(await broker.holds.inFlight(), new Map([[FIFO, 1]]));
    assert.ok(((await owner.fifo.oldestSentAtMs(FIFO)) ?? 0) > 0);
    await assert.rejects(broker.peek(FIFO, 1), QueueRefusedError);
    await assert.rejects(broker.browse(FIFO), QueueRefusedError);
    assert.throws(() => owner.fifo.requireBrowsable(FIFO), QueueRefusedError);
    assert.equal(await broker.purge(FIFO), 2, "with what is in hand, since the owner has all");
    assert.deepEqual(await owner.fifo.counts(FIFO), { visible: 0, invisible: 0, delayed: 0 });
  });

  it("a queue that is removed is gone, and another of its name knows nothing of what was sent", async (t) => {
    const { broker, owner } = await twoRouters(t);
    await owner.send("g1-m1", "g1-m2");
    await owner.remove(...(await owner.until(1)));
    await broker.remove(FIFO);
    assert.equal(await owner.fifo.counts(FIFO), undefined);
    assert.equal(await broker.depth(FIFO), undefined);
    const { send, until, remove } = await fifoOf(broker);
    await send("g1-m1", "g1-m2");
    const [first] = await until(1);
    assert.deepEqual(bodies([first!]), ["g1-m1"]);
    await remove(first!);
    assert.deepEqual(bodies(await until(1)), ["g1-m2"]);
  });

  for (const [how, end] of [
    ["lost", "lose"],
    ["cut off", "cut"],
    ["stopped", "stop"],
  ] as const) {
    it(`the locks, receipts, order and deduplication of an owner that is ${how} are the next one's`, async (t) => {
      const routers = await twoRouters(t);
      const { owner, other } = routers;
      await owner.send("g1-m1", "g1-m2", "g1-m3", "g2-m1", "g3-m1");
      const held = await owner.until(2);
      assert.deepEqual(bodies(held), ["g1-m1", "g1-m2"]);
      const [deleted] = await owner.until(1);
      await owner.remove(deleted!);
      await routers[end]();
      assert.deepEqual(bodies(await other.until(1)), ["g3-m1"], "g1 is locked, g2-m1 deleted");
      await other.send("g2-m1");
      assert.deepEqual(await other.get({ limit: 10 }), []);
      await other.remove(...held);
      assert.deepEqual(bodies(await other.until(1)), ["g1-m3"]);
    });
  }

  it("no order is broken and nothing comes twice while owners are cut off", async (t) => {
    const { owner, other, cut } = await twoRouters(t);
    const names = Array.from({ length: 10 }, (_, n) => ["g1", "g2", "g3"].map((group) => `${group}-${n}`));
    const seen: string[] = [];
    for (const [round, each] of names.entries()) {
      await other.send(...each);
      if (round % 3 === 1) cut();
      const held = await (round % 2 === 0 ? owner : other).until(2);
      seen.push(...bodies(held));
      await other.remove(...held);
    }
    const rest = names.flat().length - seen.length;
    for (let left = rest; left > 0;) {
      const held = await other.until(1, { limit: left });
      seen.push(...bodies(held));
      await owner.remove(...held);
      left -= held.length;
    }
    for (const group of ["g1", "g2", "g3"]) {
      const ofGroup = seen.filter((name) => name.startsWith(`${group}-`));
      assert.deepEqual(
        ofGroup,
        names.flat().filter((name) => name.startsWith(`${group}-`)),
      );
    }
  });

  it("a stop and a start of the only router change nothing", async (t) => {
    const { open } = await vhost(t);
    const before = await open();
    const { send, until, remove } = await fifoOf(before.broker);
    await send("g1-m1", "g1-m2", "g2-m1");
    const held = await until(1);
    const [second] = await until(1);
    assert.equal(second?.message.id, "g2-m1");
    await remove(second);
    await before.broker.close();
    const after = await fifoOf((await open()).broker);
    await after.send("g2-m1", "g3-m1");
    assert.deepEqual(bodies(await after.until(1)), ["g3-m1"], "g1 is locked, and g2-m1 was sent before");
    assert.deepEqual(await after.get(), []);
    await after.remove(...held);
    assert.deepEqual(bodies(await after.until(1)), ["g1-m2"]);
  });

  it("what is deleted while nobody owns the queue does not come again", async (t) => {
    const { url, owner, other, otherBroker: broker, lose } = await twoRouters(t);
    await owner.send("g1-m1", "g1-m2");
    const held = await owner.until(1);
    // Somebody else stands in the line, and keeps what it gets.
    const stranger = await connect(url);
    const channel = await stranger.createChannel();
    const got: HeldMessage["message"]["id"][] = [];
    await channel.consume(FIFO, (message) => void got.push(String(message?.properties.messageId)));
    await lose();
    await eventually("the stranger has both", () => got.length === 2);
    await other.remove(...held);
    await stranger.close();
    const second = await other.until(1);
    assert.deepEqual(bodies(second), ["g1-m2"]);
    // As rules send: nobody looks into what was sent before.
    await broker.publish([messageOf("g1-m1", { id: "again" }), messageOf("g1-m3")]);
    await other.remove(...second);
    assert.deepEqual(bodies(await other.until(1)), ["g1-m3"]);
  });
});
