import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { connect } from "amqplib";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { eventually, Inbox, publishedInTheEnd, within } from "../waiting.ts";

const QUEUE = "busbar.container.alone";
const OTHER_QUEUE = "busbar.function.other";

function message(id: string, queue = QUEUE): Message {
  return { queue, id, body: Buffer.from("{}"), headers: {} };
}

/**
 * RabbitMQ lets the next consumer of a single active consumer queue in as soon as the active one cancels, while that
 * may still be at work (measured on RabbitMQ 3.10 and 4.3).
 */
describe("Two RabbitMQ brokers that consume a queue of which only one may", () => {
  async function openBrokers(t: TestContext) {
    const url = await freshVhost(t, [QUEUE, OTHER_QUEUE]);
    const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
    const one = await connectRabbitMq({ urls: [through(proxy, url)], events: {} });
    const two = await connectRabbitMq({ urls: [url], events: {} });
    t.after(async () => {
      await Promise.all([one.close(), two.close()]);
      await proxy.close();
    });
    for (const broker of [one, two]) {
      await broker.declare([declarationOf(QUEUE), declarationOf(OTHER_QUEUE)]);
    }
    return { one, two, proxy, url };
  }

  /** Whatever the queue had for its consumers before has reached them when this resolves. */
  async function roundTrip(broker: Broker): Promise<void> {
    const inbox = new Inbox();
    const consumer = await broker.consume(OTHER_QUEUE, 1, inbox.handler);
    await broker.publish([message("round trip", OTHER_QUEUE)]);
    await inbox.has(1);
    await consumer.stop();
  }

  for (const leave of ["stop", "pause"] as const) {
    it(`hand over after a ${leave} when what is in flight is done, and nothing counts as crashed`, async (t) => {
      const { one, two } = await openBrokers(t);
      const active = new Inbox({ holding: true });
      const standby = new Inbox();
      const consumer = await one.consume(QUEUE, 2, active.handler);
      await two.consume(QUEUE, 2, standby.handler);
      await two.publish(["a", "b", "c", "d"].map((id) => message(id)));
      await active.has(2);
      const left = consumer[leave]();
      // Nobody waits for a pause: other consumers are paused after it.
      if (leave === "pause") await within("paused", left);
      await roundTrip(one);
      await roundTrip(two);
      assert.deepEqual(standby.ids, []);

      active.release();
      await within("left", left);
      await standby.has(2);
      assert.deepEqual(
        [active.ids, standby.ids],
        [
          ["a", "b"],
          ["c", "d"],
        ],
      );
      assert.ok(standby.received.every(({ crashes }) => crashes === 0));
    });
  }

  it("goes on after a pause that ended before what was in flight", async (t) => {
    const { one } = await openBrokers(t);
    const inbox = new Inbox({ holding: true });
    const consumer = await one.consume(QUEUE, 1, inbox.handler);
    await one.publish([message("a"), message("b")]);
    await inbox.has(1);
    await consumer.pause();
    const resumed = consumer.resume();
    inbox.release();
    await within("resumed", resumed);
    await inbox.has(2);
    assert.deepEqual(inbox.ids, ["a", "b"]);
    assert.equal(inbox.mostInFlight, 1);
    await consumer.stop();
    assert.equal((await one.depth(QUEUE))?.ready, 0);
  });

  it("do not both handle what one of them held for later when it lost its connection", async (t) => {
    const { one, two, proxy } = await openBrokers(t);
    const active = new Inbox({ holding: true });
    const other = new Inbox();
    const consumer = await one.consume(OTHER_QUEUE, 1, active.handler);
    await two.publish([message("a", OTHER_QUEUE)]);
    await active.has(1);
    // Subscribed anew, it is handed another message while it is still at work on the first.
    await consumer.pause();
    await consumer.resume();
    await two.publish([message("b", OTHER_QUEUE)]);
    await eventually("b is handed out", async () => (await two.depth(OTHER_QUEUE))?.ready === 0);
    await two.consume(OTHER_QUEUE, 2, other.handler);
    proxy.cut();
    await other.has(2);
    active.release();
    await within("stopped", consumer.stop());
    assert.deepEqual(active.ids, ["a"]);
  });

  it("tell a handler that its message is lost, and hand it out anew where the handler had not begun", async (t) => {
    const { one, proxy } = await openBrokers(t);
    const met: string[] = [];
    await one.consume(OTHER_QUEUE, 1, async ({ id, crashes }, lost) => {
      met.push(`${id} ${crashes}`);
      if (crashes > 0) return;
      const gone = new Promise((resolve) => lost.addEventListener("abort", resolve, { once: true }));
      proxy.cut();
      await gone;
      throw lost.reason;
    });
    await one.publish([message("a", OTHER_QUEUE)]).catch(() => undefined);
    await eventually("handled again", () => met.length === 2);
    assert.deepEqual(met, ["a 0", "a 1"]);
    await eventually("acked", async () => (await one.depth(OTHER_QUEUE).catch(() => undefined))?.ready === 0);
  });

  it("lose what they hold when the queue is deleted, for the other may be first at the new one", async (t) => {
    const { one, two, url } = await openBrokers(t);
    const reasons: unknown[] = [];
    const handled: string[] = [];
    for (const broker of [one, two]) {
      await broker.consume(QUEUE, 2, async ({ id }, lost) => {
        handled.push(id);
        if (id === "after") return;
        await new Promise((resolve) => lost.addEventListener("abort", resolve, { once: true }));
        reasons.push(lost.reason);
        throw lost.reason;
      });
    }
    await two.publish([message("a"), message("b")]);
    await eventually("held", () => handled.length === 2);
    const admin = await connect(url);
    await (await admin.createChannel()).deleteQueue(QUEUE);
    await admin.close();
    await eventually("lost", () => reasons.length === 2);
    await publishedInTheEnd(two, message("after"));
    await eventually("handled from the new queue", () => handled.includes("after"));
    assert.deepEqual(handled.slice(0, 2), ["a", "b"]);
  });

  it("do not wait for what is in flight once the connection is lost", async (t) => {
    const { one, two, proxy } = await openBrokers(t);
    const active = new Inbox({ holding: true });
    const again = new Inbox();
    const consumer = await one.consume(QUEUE, 1, active.handler);
    await two.publish([message("a")]);
    await active.has(1);
    await consumer.pause();
    proxy.cut();
    // The connection comes back for every other consumer, whatever the paused one is still at.
    await one.consume(OTHER_QUEUE, 1, again.handler);
    await two.publish([message("b", OTHER_QUEUE)]);
    await again.has(1);
    await eventually("the paused one let go", async () => (await two.depth(QUEUE))?.consumers === 0);
    active.release();
  });
});
