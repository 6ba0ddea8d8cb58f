import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { connect, type Channel, type Options } from "amqplib";
import type { Broker, BrokerEvents } from "../../../src/ports/broker/broker.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import type { DeadLetterFact } from "../../../src/domain/facts.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE, SUSPECT_QUEUE, declarationOf } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { startRabbitMq, type RabbitMq } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import { eventually, Inbox, publishedInTheEnd, reasonsOf, within } from "../waiting.ts";

const QUEUE = "busbar.function.work";

/** What goes wrong with RabbitMQ in particular, on a node that may be killed. */
describe("RabbitMQ on a bad day", { timeout: 300_000 }, () => {
  let rabbitMq: RabbitMq;
  before(async () => {
    rabbitMq = await startRabbitMq();
  });
  after(() => rabbitMq.remove());

  it("connects although the connection is cut while everything is being declared", async (t) => {
    const url = await rabbitMq.newVhost();
    const proxy = await proxyOf(t, url);
    cutOnceAt(proxy, "busbar.delay.7");
    const broker = await open(t, through(proxy, url));
    assert.ok(proxy.accepted >= 3, `${proxy.accepted} connections: one cut, two that stand`);
    await publishOne(broker, "after");
  });

  it("reconnects although the new connection is cut again while everything is being declared", async (t) => {
    const { broker, proxy } = await openThroughProxy(t);
    const inbox = new Inbox();
    await broker.consume(QUEUE, 1, inbox.handler);
    cutOnceAt(proxy, "busbar.delay.7");
    proxy.cut();
    await eventually("two reconnects and the cut one", () => proxy.accepted >= 5);
    await publishedInTheEnd(broker, message("after"));
    await inbox.has(1);
  });

  it("lets a publish time out when the peer stalls, and goes on when it comes back", async (t) => {
    const { broker, proxy } = await openThroughProxy(t);
    proxy.stall();
    const startedAtMs = performance.now();
    assert.deepEqual(await reasonsOf(broker.publish([message("stalled")])), ["timeout"]);
    const tookMs = performance.now() - startedAtMs;
    assert.ok(tookMs >= 4_900 && tookMs < 15_000, `${tookMs} ms`);
    proxy.resume();
    await publishedInTheEnd(broker, message("after"));
  });

  it("handles a message once that a lost connection brings again while it is being handled", async (t) => {
    const { broker, proxy } = await openThroughProxy(t);
    const inbox = new Inbox({ holding: true });
    const consumer = await broker.consume(QUEUE, 10, inbox.handler);
    await broker.publish([message("first"), message("second")]);
    await inbox.has(2);
    proxy.cut();
    await eventually("two reconnects", () => proxy.accepted >= 4);
    await publishedInTheEnd(broker, message("after"));
    await eventually("what came after it is handled", () => inbox.ids.includes("after"));
    inbox.release();
    await consumer.stop();
    assert.deepEqual([...new Set(inbox.ids)], ["first", "second", "after"]);
    assert.equal(inbox.ids.filter((id) => id !== "after").length, 2);
    assert.equal((await broker.depth(QUEUE))?.ready, 0);
  });

  it("tries its URLs in turn", async (t) => {
    const url = await rabbitMq.newVhost();
    const dead = await proxyOf(t, url);
    const alive = await proxyOf(t, url);
    await dead.close();
    const told: string[] = [];
    const events = {
      disconnected: (error: Error | undefined) => told.push(String(error && "code" in error && error.code)),
    };
    const broker = await connectRabbitMq({ urls: [through(dead, url), through(alive, url)], events });
    t.after(() => broker.close());
    assert.ok(alive.accepted >= 2);
    assert.deepEqual(told, ["ECONNREFUSED"]);
  });

  it("settles every publish while its queue is deleted, and takes the queue back when it is declared", async (t) => {
    const { broker, admin } = await openWithAdmin(t);
    const publishing = Array.from({ length: 300 }, async (_, n) => {
      if (n === 150) await admin.deleteQueue(QUEUE);
      return await reasonsOf(broker.publish([message(`m-${n}`)]));
    });
    const reasons = await within("all settled", Promise.all(publishing));
    assert.ok(
      reasons.some((each) => each.length > 0),
      "some were refused",
    );
    await broker.declare([declarationOf(QUEUE)]);
    await publishedInTheEnd(broker, message("after"));
  });

  it("subscribes again when its queue is deleted under it", async (t) => {
    const { broker, admin } = await openWithAdmin(t);
    const inbox = new Inbox();
    await broker.consume(QUEUE, 1, inbox.handler);
    await publishOne(broker, "before");
    await inbox.has(1);
    await admin.deleteQueue(QUEUE);
    await eventually("the queue and its consumer", async () => (await broker.depth(QUEUE))?.consumers === 1);
    await publishOne(broker, "after");
    await inbox.has(2);
    assert.deepEqual(inbox.ids, ["before", "after"]);
  });

  it("makes its exchanges again when they are deleted under the publisher", async (t) => {
    const { broker, admin } = await openWithAdmin(t);
    const inbox = new Inbox();
    await broker.consume(QUEUE, 1, inbox.handler);
    await admin.deleteExchange("busbar.delay.0");
    // Publishing to an exchange that is not there closes the channel.
    assert.deepEqual(await reasonsOf(broker.publish([message("lost")], { delayMs: 1_000 })), ["disconnected"]);
    await publishedInTheEnd(broker, message("delayed"), { delayMs: 1_000 });
    await inbox.has(1);
    assert.deepEqual(inbox.ids, ["delayed"]);
  });

  it(
    "loses no waiting and no ready message to kill -9 of the broker, and goes on within 5 s of its return",
    { timeout: 120_000 },
    async (t) => {
      const url = await rabbitMq.newVhost();
      const told: string[] = [];
      const broker = await open(t, url, {
        connected: () => told.push("connected"),
        disconnected: () => told.push("disconnected"),
      });
      const ready = Array.from({ length: 300 }, (_, n) => message(`ready-${n}`));
      const waiting = Array.from({ length: 300 }, (_, n) => message(`waiting-${n}`));
      // RabbitMQ 3.10 keeps its list of quorum queues in memory for half a second: a node killed sooner has no leader for them.
      const early = new Inbox();
      const first = await broker.consume(QUEUE, 1, early.handler);
      await broker.publish([message("early")], { delayMs: 2_000 });
      await early.has(1);
      await first.stop();

      await broker.publish(ready);
      await broker.publish(waiting, { delayMs: 3_000 });
      const inbox = new Inbox({ holding: true });
      await broker.consume(QUEUE, 1, inbox.handler);
      await inbox.has(1);

      await rabbitMq.kill();
      await eventually("disconnected", () => broker.state === "disconnected");
      assert.deepEqual(await reasonsOf(broker.publish([message("refused")])), ["disconnected"]);
      inbox.release();
      await rabbitMq.start();
      await eventually("connected", () => broker.state === "connected", 5_000);
      await eventually("all messages", () => new Set(inbox.ids).size >= 600, 20_000);
      assert.deepEqual(new Set(inbox.ids), new Set([...ready, ...waiting].map(({ id }) => id)));
      assert.equal(inbox.ids.length, 601, "one was in flight and came twice");
      assert.equal(inbox.received.find(({ crashes }) => crashes > 0)?.id, inbox.ids[0]);
      assert.equal(told[0], "connected");
      assert.equal(told[1], "disconnected");
      assert.equal(told.at(-1), "connected");
    },
  );

  it("refuses at once while memory is short, still consumes, and takes again after", { timeout: 60_000 }, async (t) => {
    const url = await rabbitMq.newVhost();
    const told: string[] = [];
    const broker = await open(t, url, { blocked: () => told.push("blocked"), unblocked: () => told.push("unblocked") });
    const inbox = new Inbox();
    await publishOne(broker, "before");
    await rabbitMq.ctl("set_vm_memory_high_watermark", "absolute", "1000");
    t.after(() => rabbitMq.ctl("set_vm_memory_high_watermark", "absolute", "1GiB"));
    // The broker says so only after a publish.
    const first = reasonsOf(broker.publish([message("during")]));
    await eventually("blocked", () => broker.state === "blocked");
    const startedAtMs = performance.now();
    assert.deepEqual(await reasonsOf(broker.publish([message("refused")])), ["blocked"]);
    assert.ok(performance.now() - startedAtMs < 3_000);
    await broker.consume(QUEUE, 1, inbox.handler);
    await inbox.has(1);
    await eventually("acked", async () => (await broker.depth(QUEUE))?.ready === 0);
    assert.deepEqual(await first, ["blocked"]);

    await rabbitMq.ctl("set_vm_memory_high_watermark", "absolute", "1GiB");
    await eventually("taken again", () => broker.state === "connected");
    await publishOne(broker, "after");
    // What was written before the broker said `blocked` is stored all the same: refused is not the same as lost.
    await eventually("the one after", () => inbox.ids.includes("after"));
    assert.deepEqual(inbox.ids, ["before", "during", "after"]);
    assert.deepEqual(told, ["blocked", "unblocked"]);
  });

  it("makes the deleted queue of waiting messages again, and delays nobody else's", async (t) => {
    const { broker, admin } = await openWithAdmin(t);
    const other = "busbar.function.other";
    await broker.declare([declarationOf(other)]);
    const inbox = new Inbox();
    await broker.consume(other, 10, inbox.handler);
    const waiting = Array.from({ length: 40 }, (_, n) => message(`w-${n}`));
    await broker.publish(waiting, { delayMs: 1_000 });
    await admin.deleteQueue(QUEUE);
    const publishedAtMs = performance.now();
    await broker.publish([message("healthy", other)], { delayMs: 1_000 });
    await inbox.has(1);
    const lateMs = inbox.receivedAtMs[0]! - publishedAtMs - 1_000;
    assert.ok(lateMs < 1_500, `${lateMs} ms late`);
    await eventually("all 40 in the queue again", async () => (await broker.depth(QUEUE))?.ready === 40);
  });

  it("makes a dead letter of a delayed message for a queue that nobody knows", async (t) => {
    const facts: DeadLetterFact[] = [];
    const { broker } = await openWithAdmin(t, { deadLettered: (fact) => facts.push(fact) });
    const headers = { "busbar-attempt": 2, note: "kept", "busbar-event-id": "e-1" };
    const lost = { ...message("lost", "busbar.function.gone"), headers };
    await broker.publish([lost], { delayMs: 1_000 });
    await eventually("a dead letter", async () => (await broker.depth(DEAD_LETTER_QUEUE))?.ready === 1);
    await eventually("it is notified of", () => facts.length > 0);
    const queue = DEAD_LETTER_QUEUE;
    assert.deepEqual(facts, [{ queue, reason: "target_gone", deliveryId: "lost", eventId: "e-1" }]);
    const [letter] = await broker.peek(DEAD_LETTER_QUEUE, 1);
    assert.equal(letter?.id, "lost");
    assert.deepEqual(letter.body, lost.body);
    assert.deepEqual(letter.headers["ERROR_CODE"], "NO_RESOURCE");
    assert.deepEqual(letter.headers["busbar-attempt"], 2);
    assert.deepEqual(letter.headers["note"], "kept");
    assert.deepEqual(letter.headers["busbar-event-id"], "e-1");
  });

  it("counts crashes through a restart, and parks a suspect after its third", { timeout: 120_000 }, async (t) => {
    const url = await rabbitMq.newVhost();
    const broker = await open(t, url);
    await publishOne(broker, "poison", SUSPECT_QUEUE);
    for (let crashes = 0; crashes < 3; crashes++) {
      const { broker: victim, proxy } = await openThroughProxy(t, url);
      const taken = await within("taken", victim.take(SUSPECT_QUEUE, new AbortController().signal));
      assert.equal(taken?.message.id, "poison");
      assert.equal(taken.message.crashes, crashes);
      await proxy.close();
      await eventually("given back", async () => {
        const [suspects, parked] = await Promise.all([broker.depth(SUSPECT_QUEUE), broker.depth(PARKED_QUEUE)]);
        return suspects!.ready + parked!.ready === 1;
      });
      if (crashes !== 1) continue;
      await rabbitMq.kill();
      await rabbitMq.start();
      await eventually(
        "reconnected",
        async () => (await broker.depth(SUSPECT_QUEUE).catch(() => undefined))?.ready === 1,
      );
    }
    await eventually("parked", async () => (await broker.depth(PARKED_QUEUE))?.ready === 1);
    assert.equal((await broker.peek(PARKED_QUEUE, 1))[0]?.id, "poison");
  });

  it("believes no crash that a publisher claims", async (t) => {
    const { broker, admin } = await openWithAdmin(t);
    await broker.publish([{ ...message("claimed"), headers: { "x-delivery-count": 7, "x-death": "none" } }]);
    const taken = await within("taken", broker.take(QUEUE, new AbortController().signal));
    assert.equal(taken?.message.crashes, 0);
    assert.equal(taken.message.headers["x-death"], undefined);
    await taken.ack();
    assert.equal((await admin.checkQueue(QUEUE)).messageCount, 0);
  });

  it("cuts headers that would not fit, and leaves short ones whole", async (t) => {
    const { broker } = await openWithAdmin(t);
    const long = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`long-${n}`, "ü".repeat(40_000)]));
    await broker.publish([{ ...message("wordy"), headers: { ...long, ERROR_CODE: "TIMEOUT" } }]);
    const taken = await within("taken", broker.take(QUEUE, new AbortController().signal));
    const headers = taken!.message.headers as Record<string, string>;
    assert.equal(headers["ERROR_CODE"], "TIMEOUT");
    assert.match(headers["long-39"]!, /^ü+$/);
    assert.ok(Buffer.byteLength(JSON.stringify(headers)) <= 33 * 1024);
    await taken?.ack();
  });

  it("carries a message with more names of headers than a table holds, and those that are ours", async (t) => {
    const { broker } = await openWithAdmin(t);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`${n}-${"x".repeat(200)}`, ""]));
    await broker.publish([{ ...message("named"), headers: { ...many, "busbar-parked-reason": "undecodable" } }]);
    const taken = await within("taken", broker.take(QUEUE, new AbortController().signal));
    assert.equal(taken?.message.headers["busbar-parked-reason"], "undecodable");
    await taken.ack();
  });

  it("takes a user's queue as it finds it", async (t) => {
    const faults: string[] = [];
    const { broker, admin } = await openWithAdmin(t, { fault: (text) => faults.push(text) });
    const found: Options.AssertQueue = { durable: true, arguments: { "x-queue-type": "classic", "x-max-length": 5 } };
    await admin.assertQueue("orders", found);
    await broker.declare([declarationOf("orders")]);
    await broker.publish(Array.from({ length: 7 }, (_, n) => message(`o-${n}`, "orders")));
    await eventually("the length its owner wanted", async () => (await broker.depth("orders"))?.ready === 5);
    assert.deepEqual(faults, []);
  });

  it("reports one of its queues that exists with other arguments, once, and makes all others", async (t) => {
    const url = await rabbitMq.newVhost();
    const admin = await adminOf(t, url);
    await admin.assertQueue(QUEUE, { durable: true, arguments: { "x-queue-type": "classic" } });
    const faults: string[] = [];
    const proxy = await proxyOf(t, url);
    const broker = await open(t, through(proxy, url), { fault: (text) => faults.push(text) });
    const others = Array.from({ length: 30 }, (_, n) => `busbar.function.other-${n}`);
    await broker.declare(others.map(declarationOf));
    for (const name of others) assert.equal((await broker.depth(name))?.ready, 0);
    proxy.cut();
    await eventually("reconnected", () => proxy.accepted >= 4 && broker.state === "connected");
    await publishedInTheEnd(broker, message("after"));
    assert.deepEqual(faults, [`RabbitMQ refuses queue "${QUEUE}"`]);
  });

  it("never has more than the limit in flight after a pause that left some", async (t) => {
    const { broker } = await openWithAdmin(t);
    const inbox = new Inbox({ holding: true });
    const consumer = await broker.consume(QUEUE, 5, inbox.handler);
    await broker.publish(Array.from({ length: 20 }, (_, n) => message(`m-${n}`)));
    await inbox.has(5);
    await consumer.pause();
    await consumer.resume();
    await eventually("five more handed out", async () => (await broker.depth(QUEUE))?.ready === 10);
    assert.equal(inbox.received.length, 5);
    inbox.release();
    await inbox.has(20);
    assert.equal(inbox.mostInFlight, 5);
  });

  it("hears other routers again after a lost connection", async (t) => {
    const { broker, proxy, url } = await openThroughProxy(t);
    const other = await open(t, url);
    const heard: string[] = [];
    broker.onBroadcast((body) => heard.push(body.toString()));
    proxy.cut();
    await eventually("heard", async () => {
      await other.broadcast(Buffer.from("hello"));
      return heard.length > 0;
    });
  });

  it("sends to another router alone, and to nobody when that one has gone", async (t) => {
    const url = await rabbitMq.newVhost();
    const [one, other, third] = [await open(t, url), await open(t, url), await open(t, url)];
    const heard: string[] = [];
    for (const [name, broker] of [
      ["one", one],
      ["other", other],
      ["third", third],
    ] as const) {
      broker.onBroadcast((body) => heard.push(`${name} ${body.toString()}`));
    }
    const address = other.address!;
    await one.send(address, Buffer.from("for you"));
    await one.broadcast(Buffer.from("for all"));
    await eventually("all heard", () => heard.length >= 4);
    assert.deepEqual(heard.toSorted(), ["one for all", "other for all", "other for you", "third for all"]);
    await other.close();
    await one.send(address, Buffer.from("for nobody"));
  });

  it("goes on waiting for a message through a lost connection", async (t) => {
    const { broker, proxy } = await openThroughProxy(t);
    const taking = broker.take(QUEUE, new AbortController().signal);
    await eventually("waiting", async () => (await broker.depth(QUEUE))?.consumers === 1);
    proxy.cut();
    await publishedInTheEnd(broker, message("after"));
    const taken = await within("taken", taking);
    assert.equal(taken?.message.id, "after");
    await taken.ack();
  });

  async function openThroughProxy(
    t: TestContext,
    vhostUrl?: string,
  ): Promise<{ broker: Broker; proxy: TcpProxy; url: string }> {
    const url = vhostUrl ?? (await rabbitMq.newVhost());
    const proxy = await proxyOf(t, url);
    return { broker: await open(t, through(proxy, url)), proxy, url };
  }

  async function openWithAdmin(
    t: TestContext,
    events: Partial<BrokerEvents> = {},
  ): Promise<{ broker: Broker; admin: Channel }> {
    const url = await rabbitMq.newVhost();
    return { broker: await open(t, url, events), admin: await adminOf(t, url) };
  }
});

async function open(t: TestContext, url: string, events: Partial<BrokerEvents> = {}): Promise<Broker> {
  const broker = await within("connected", connectRabbitMq({ urls: [url], events }));
  t.after(() => broker.close());
  await broker.declare([declarationOf(QUEUE)]);
  return broker;
}

async function proxyOf(t: TestContext, url: string): Promise<TcpProxy> {
  const proxy = await startTcpProxy(Number(new URL(url).port));
  t.after(() => proxy.close());
  return proxy;
}

/** A channel of somebody who may do everything. */
async function adminOf(t: TestContext, url: string): Promise<Channel> {
  const connection = await connect(url);
  connection.on("error", () => undefined);
  t.after(() => connection.close().catch(() => undefined));
  return await connection.createChannel();
}

/** Cuts all connections the first time that this text is on its way to the broker. */
function cutOnceAt(proxy: TcpProxy, text: string): void {
  let cut = false;
  proxy.onUpstream((chunk) => {
    if (cut || !chunk.includes(text)) return;
    cut = true;
    proxy.cut();
  });
}

function message(id: string, queue = QUEUE): Message {
  return { queue, id, body: Buffer.from(`{"id":"${id}"}`), headers: {} };
}

async function publishOne(broker: Broker, id: string, queue = QUEUE): Promise<void> {
  await broker.publish([message(id, queue)]);
}
