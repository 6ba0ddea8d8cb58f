import assert from "node:assert/strict";
import { describe } from "node:test";
import { PARKED_QUEUE, declarationOf } from "../../../src/domain/queue/queues.ts";
import { eventually, Inbox, within } from "../waiting.ts";
import { brokerCases, idsOf, message, messages, openWithQueues, QUEUE, take } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";

/** Shows and empties queues for people: `Inspector`. */
export function inspectorContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: inspecting`, () => {
    brokerCase("tells messages ready and consumers, and nothing of a queue that is missing", async (broker) => {
      assert.equal(await broker.depth("nowhere"), undefined);
      await broker.publish(messages(4));
      await eventually("4 ready", async () => (await broker.depth(QUEUE))?.ready === 4);
      assert.equal((await broker.depth(QUEUE))?.consumers, 0);
      const inbox = new Inbox({ holding: true });
      const consumer = await broker.consume(QUEUE, 1, inbox.handler);
      await inbox.has(1);
      await eventually("3 ready, 1 consumer", async () => {
        const depth = await broker.depth(QUEUE);
        return depth?.ready === 3 && depth.consumers === 1;
      });
      const stopping = consumer.stop();
      inbox.release();
      await stopping;
      await eventually("no consumer", async () => (await broker.depth(QUEUE))?.consumers === 0);
    });

    brokerCase("peeks at messages in order and puts them back", async (broker) => {
      await broker.declare([declarationOf("orders")]);
      const published = messages(3, "orders");
      await broker.publish(published);
      for (let round = 0; round < 2; round++) {
        const peeked = await broker.peek("orders", 10);
        assert.deepEqual(idsOf(peeked), idsOf(published));
        assert.deepEqual(Buffer.from(peeked[0]!.body), published[0]!.body);
        await eventually("3 back", async () => (await broker.depth("orders"))?.ready === 3);
      }
      assert.deepEqual(idsOf(await broker.peek("orders", 2)), idsOf(published.slice(0, 2)));
      await eventually("3 back", async () => (await broker.depth("orders"))?.ready === 3);
      assert.deepEqual(await broker.peek(PARKED_QUEUE, 2), []);
    });

    brokerCase("peeks at no more than 8 MiB of bodies, one message at least", async (broker) => {
      await broker.declare([declarationOf("orders")]);
      const body = Buffer.alloc(3 * 1_048_576);
      await broker.publish(messages(5, "orders").map((message) => ({ ...message, body })));
      assert.equal((await broker.peek("orders", 100)).length, 3);
    });

    brokerCase("looks through a queue once, takes out what it is told to, and gives the rest back", async (broker) => {
      await broker.declare([declarationOf("orders")]);
      const published = messages(500, "orders");
      await broker.publish(published);
      const browsing = await broker.browse("orders");
      const met: string[] = [];
      for (let step = await browsing.next(70); step.length > 0; step = await browsing.next(70)) {
        assert.ok(step.length <= 70);
        for (const browsed of step) {
          const each = browsed.message;
          met.push(each.id);
          assert.deepEqual([each.queue, Buffer.from(each.body).toString()], ["orders", `{"id":"${each.id}"}`]);
          if (met.length % 5 === 0) await browsed.remove();
        }
      }
      assert.deepEqual(met, idsOf(published));
      assert.equal((await broker.depth("orders"))?.ready, 0);
      await browsing.end();
      const rest = idsOf(published).filter((_, n) => (n + 1) % 5 !== 0);
      assert.equal((await broker.depth("orders"))?.ready, rest.length, "the rest is back by the end");
      await browsing.end();
      await assert.rejects(browsing.next(1));
      const inbox = new Inbox();
      await broker.consume("orders", 1, inbox.handler);
      await inbox.has(rest.length);
      assert.deepEqual(inbox.ids.toSorted(), rest.toSorted());
    });

    brokerCase("browses more than 10,000 messages at once, and gives them all back", async (broker) => {
      await broker.declare([declarationOf("orders")]);
      const count = 12_000;
      for (let from = 0; from < count; from += 2_000) await broker.publish(messages(2_000, "orders"));
      const browsing = await broker.browse("orders");
      let met = 0;
      for (let step = await browsing.next(500); step.length > 0; step = await browsing.next(500)) met += step.length;
      assert.equal(met, count);
      await browsing.end();
      assert.equal((await broker.depth("orders"))?.ready, count);
    });

    brokerCase("browses large messages among small ones, each once and a few at a time", async (broker) => {
      await broker.declare([declarationOf("orders")]);
      const large = Buffer.alloc(700 * 1024);
      const published = messages(60, "orders").map((each, n) => (n % 5 === 4 ? { ...each, body: large } : each));
      await broker.publish(published);
      const browsing = await broker.browse("orders");
      const met: string[] = [];
      for (let step = await browsing.next(50); step.length > 0; step = await browsing.next(50)) {
        assert.ok(step.filter(({ message }) => message.body.length === large.length).length <= 2);
        met.push(...idsOf(step.map(({ message }) => message)));
      }
      assert.deepEqual(met.toSorted(), idsOf(published).toSorted());
      await browsing.end();
      assert.equal((await broker.depth("orders"))?.ready, 60);
    });

    brokerCase("shows each message to one of two readers, and after a crash to the next", async (broker, fixture) => {
      await broker.publish(messages(10));
      const [first, second] = [await broker.browse(QUEUE), await broker.browse(QUEUE)];
      const met = [await first.next(4), await second.next(20)].map((step) => idsOf(step.map((each) => each.message)));
      assert.deepEqual(met.flat().toSorted(), idsOf(messages(10)).toSorted());
      await fixture.crash(broker);
      const again = await openWithQueues(fixture);
      await eventually("all are back", async () => (await again.depth(QUEUE))?.ready === 10);
      const last = await again.browse(QUEUE);
      assert.ok((await last.next(10)).every((each) => each.message.crashes >= 1));
      await last.end();
    });

    brokerCase(
      "takes out what it met long before, meets what came meanwhile last, and leaves the rest for another",
      async (broker) => {
        await broker.declare([declarationOf("orders")]);
        const old = messages(300, "orders");
        await broker.publish(old);
        const browsing = await broker.browse("orders");
        const [wanted, ...others] = [await browsing.next(50), await browsing.next(200)];
        const late = Array.from({ length: 20 }, (_, n) => message(`late-${n}`, "orders"));
        await broker.publish(late);
        for (let step = await browsing.next(50); step.length > 0; step = await browsing.next(50)) others.push(step);
        const met = [wanted, ...others].flat().map((each) => each.message);
        assert.deepEqual(idsOf(met), idsOf([...old, ...late]));
        for (const browsed of wanted) await browsed.remove();
        await browsing.end();

        const again = await broker.browse("orders");
        const left: string[] = [];
        for (let step = await again.next(50); step.length > 0; step = await again.next(50)) {
          left.push(...idsOf(step.map((each) => each.message)));
        }
        await again.end();
        assert.deepEqual(left.toSorted(), idsOf([...old.slice(50), ...late]).toSorted());
      },
    );

    brokerCase(
      "loses nothing that a reader left when it crashed, and shows each once to the next",
      async (broker, fixture) => {
        await broker.publish(messages(60));
        const browsing = await broker.browse(QUEUE);
        const [first, second] = [await browsing.next(20), await browsing.next(40)];
        for (const browsed of first) await browsed.remove();
        assert.equal(second.length, 40);
        await fixture.crash(broker);
        const again = await openWithQueues(fixture);
        await eventually("the rest is back", async () => ((await again.depth(QUEUE))?.ready ?? 0) >= 40);
        const next = await again.browse(QUEUE);
        const met: string[] = [];
        for (let step = await next.next(60); step.length > 0; step = await next.next(60))
          met.push(...idsOf(step.map((each) => each.message)));
        await next.end();
        // What was removed in the moment of the crash may come back.
        const [removed, left] = [new Set(idsOf(messages(20))), idsOf(messages(60).slice(20))];
        assert.deepEqual(met.filter((id) => !removed.has(id)).toSorted(), left.toSorted());
        assert.equal(new Set(met).size, met.length);
      },
    );

    brokerCase("has nothing to show of an empty queue, and refuses one that is missing", async (broker) => {
      const empty = await broker.browse(QUEUE);
      assert.deepEqual(await empty.next(10), []);
      await empty.end();
      await assert.rejects(async () => await (await broker.browse("busbar.function.nowhere")).next(1));
    });

    brokerCase("purges what is ready, spares what is in flight, and counts", async (broker) => {
      const inbox = new Inbox({ holding: true });
      const consumer = await broker.consume(QUEUE, 1, inbox.handler);
      await broker.publish(messages(30));
      await inbox.has(1);
      await eventually("29 ready", async () => (await broker.depth(QUEUE))?.ready === 29);
      assert.equal(await broker.purge(QUEUE), 29);
      assert.equal(await broker.purge(QUEUE), 0);
      const stopping = consumer.stop();
      inbox.release();
      await within("stopped", stopping);
      await broker.publish([message("after")]);
      assert.equal((await take(broker)).message.id, "after");
    });
  });
}
