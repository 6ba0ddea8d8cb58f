import assert from "node:assert/strict";
import { describe } from "node:test";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { eventually, Inbox, within } from "../waiting.ts";
import { brokerCases, idsOf, message, messages, openWithQueues, QUEUE, sentinelPassed } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";
import { collectGarbage } from "./garbage.ts";

/** Hands out messages as they come: `Consumers`. */
export function consumerContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: consuming`, () => {
    brokerCase("acks what the handler resolved, so that it never comes again", async (broker, fixture) => {
      const inbox = new Inbox();
      const consumer = await broker.consume(QUEUE, 7, inbox.handler);
      await broker.publish(messages(20));
      await inbox.has(20);
      await within("stopped", consumer.stop());
      await within("closed", broker.close());

      const reopened = await openWithQueues(fixture);
      const again = new Inbox();
      await reopened.consume(QUEUE, 1, again.handler);
      await reopened.publish([message("after")]);
      await again.has(1);
      assert.deepEqual(again.ids, ["after"]);
      assert.equal(again.received[0]!.crashes, 0);
    });

    brokerCase("brings back what the handler rejected after 1 s, then 2 s", async (broker) => {
      const attemptedAtMs: number[] = [];
      await broker.consume(QUEUE, 1, () => {
        attemptedAtMs.push(performance.now());
        return attemptedAtMs.length < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve();
      });
      await broker.publish(messages(1));
      await eventually("a third attempt", () => attemptedAtMs.length === 3);
      const [first, second, third] = attemptedAtMs as [number, number, number];
      assert.ok(second - first >= 999 && second - first < 3_000, `back after ${second - first} ms`);
      assert.ok(third - second >= 1_999 && third - second < 5_000, `back after ${third - second} ms`);
      await eventually("an empty queue", async () => (await broker.depth(QUEUE))?.ready === 0);
    });

    brokerCase("keeps the order at limit 1 while nothing fails", async (broker) => {
      const inbox = new Inbox();
      await broker.consume(QUEUE, 1, inbox.handler);
      const all = messages(200);
      for (let from = 0; from < all.length; from += 50) await broker.publish(all.slice(from, from + 50));
      await inbox.has(all.length);
      assert.deepEqual(inbox.ids, idsOf(all));
      assert.equal(inbox.mostInFlight, 1);
    });

    brokerCase("has never more than the limit in flight", async (broker) => {
      const inbox = new Inbox({ holding: true });
      await broker.consume(QUEUE, 5, inbox.handler);
      await broker.publish(messages(50));
      await inbox.has(5);
      await sentinelPassed(broker);
      assert.equal(inbox.received.length, 5);
      inbox.release();
      await inbox.has(50);
      assert.equal(inbox.mostInFlight, 5);
    });

    brokerCase("takes no more while paused, and goes on after resume", async (broker) => {
      const inbox = new Inbox();
      const consumer = await broker.consume(QUEUE, 5, inbox.handler);
      await broker.publish([message("before")]);
      await inbox.has(1);
      await consumer.pause();
      await consumer.pause();
      await broker.publish([message("while paused")]);
      await sentinelPassed(broker);
      assert.deepEqual(inbox.ids, ["before"]);
      await consumer.resume();
      await consumer.resume();
      await inbox.has(2);
      await broker.publish([message("after")]);
      await inbox.has(3);
      assert.deepEqual(inbox.ids, ["before", "while paused", "after"]);
      assert.ok(inbox.received.every((received) => received.crashes === 0));
    });

    brokerCase("finishes what is in flight when it stops, and takes no more", async (broker) => {
      const inbox = new Inbox({ holding: true });
      const consumer = await broker.consume(QUEUE, 2, inbox.handler);
      await broker.publish(messages(3));
      await inbox.has(2);
      let stopped = false;
      const stopping = consumer.stop().then(() => (stopped = true));
      await sentinelPassed(broker);
      assert.equal(stopped, false);
      inbox.release();
      await within("stopped", stopping);
      assert.equal(inbox.received.length, 2);
      await eventually("one message left", async () => (await broker.depth(QUEUE))?.ready === 1);
      const rest = new Inbox();
      await broker.consume(QUEUE, 1, rest.handler);
      await rest.has(1);
      assert.equal(rest.received[0]!.id, idsOf(messages(3))[2]);
      assert.equal(rest.received[0]!.crashes, 0);
    });

    brokerCase("finishes what is in flight while paused", async (broker) => {
      const inbox = new Inbox({ holding: true });
      const consumer = await broker.consume(QUEUE, 2, inbox.handler);
      await broker.publish(messages(2));
      await inbox.has(2);
      await consumer.pause();
      inbox.release();
      await within("stopped", consumer.stop());
      const again = new Inbox();
      await broker.consume(QUEUE, 1, again.handler);
      await broker.publish([message("after")]);
      await again.has(1);
      assert.deepEqual(again.ids, ["after"]);
    });

    brokerCase("shares a queue between consumers, each message to one", async (broker) => {
      const inbox = new Inbox();
      await broker.consume(QUEUE, 3, inbox.handler);
      await broker.consume(QUEUE, 3, inbox.handler);
      await broker.publish(messages(100));
      await inbox.has(100);
      await sentinelPassed(broker);
      assert.deepEqual(inbox.ids.toSorted(), idsOf(messages(100)).toSorted());
    });

    brokerCase("serves one consumer at a time of a single active consumer queue", async (broker) => {
      const queue = "busbar.container.alone";
      await broker.declare([declarationOf(queue)]);
      const active = new Inbox({ holding: true });
      const standby = new Inbox();
      const activeConsumer = await broker.consume(queue, 1, active.handler);
      await broker.consume(queue, 1, standby.handler);
      await broker.publish(messages(3, queue));
      await active.has(1);
      await sentinelPassed(broker);
      assert.equal(standby.received.length, 0);
      const stopping = activeConsumer.stop();
      active.release();
      await within("stopped", stopping);
      await standby.has(2);
      assert.deepEqual([...active.ids, ...standby.ids], idsOf(messages(3, queue)));
    });

    brokerCase("consumes a backlog of 100,000 without growing", async (broker) => {
      await publishBacklog(broker, 100_000);
      const before = bytesInUse();
      let count = 0;
      let mostBytes = 0;
      await broker.consume(QUEUE, 200, () => {
        count++;
        if (count % 10_000 === 0) mostBytes = Math.max(mostBytes, bytesInUse());
        return Promise.resolve();
      });
      await eventually("100,000 messages consumed", () => count >= 100_000, 60_000);
      const grownMiB = (mostBytes - before) / 1024 / 1024;
      assert.ok(grownMiB < 64, `grew by ${grownMiB} MiB`);
    });
  });

  describe(`${name}: crashes`, () => {
    brokerCase("hands out again what was in flight, and counts the crashes", async (broker, fixture) => {
      const inbox = new Inbox({ holding: true });
      await broker.consume(QUEUE, 2, inbox.handler);
      await broker.publish(messages(5));
      await inbox.has(2);
      await fixture.crash(broker);

      const second = await openWithQueues(fixture);
      const held = new Inbox({ holding: true });
      await second.consume(QUEUE, 5, held.handler);
      await held.has(5);
      const suspects = held.received.filter((received) => received.crashes > 0);
      assert.deepEqual(idsOf(suspects).toSorted(), inbox.ids.toSorted());
      await fixture.crash(second);

      const third = await openWithQueues(fixture);
      const last = new Inbox();
      await third.consume(QUEUE, 5, last.handler);
      await last.has(5);
      assert.ok(last.received.every(({ id, crashes }) => crashes >= (inbox.ids.includes(id) ? 2 : 1)));
    });
  });
}

async function publishBacklog(broker: Broker, count: number): Promise<void> {
  const batchSize = 500;
  for (let published = 0; published < count; published += 4 * batchSize) {
    const batches = Array.from({ length: 4 }, (_, batch) =>
      Array.from({ length: batchSize }, (_, n) => message(`b-${published}-${batch}-${n}`)),
    );
    await Promise.all(batches.map((batch) => broker.publish(batch)));
  }
}

/** What is reachable, in bytes: garbage is collected first. */
function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
