import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Broker, BrokerEvents } from "../../src/ports/broker.ts";
import type { HeaderValue, Message } from "../../src/domain/queue/message.ts";
import type { QueueDeclaration } from "../../src/domain/queue/declaration.ts";
import { LOG_BYTES_MAX, LOG_RECORD_BYTES_MAX } from "../../src/ports/log.ts";
import { MESSAGE_BYTES_MAX } from "../../src/domain/queue/message.ts";
import { PublishError } from "../../src/ports/publisher.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE, SUSPECT_QUEUE, declarationOf } from "../../src/domain/queue/queues.ts";
import { eventually, Inbox, within } from "./waiting.ts";

/** Empty data of one test's own. It cleans up with `t.after`: closes what is still open, removes the data. */
export interface Fixture {
  /** Opens a broker on the data; after a crash or a close, on the same data. */
  openBroker(events?: Partial<BrokerEvents>): Promise<Broker>;
  /** Drops a broker as if its process had died: nothing is given back, and that broker never comes again. */
  crash(broker: Broker): Promise<void>;
}

const QUEUE = "busbar.function.work";
const SENTINEL_QUEUE = "busbar.function.sentinel";

/** What every implementation of `Broker` must do. */
export function brokerContract(name: string, open: (t: TestContext) => Promise<Fixture>): void {
  /** A case with a broker that has two empty queues. */
  function brokerCase(title: string, run: (broker: Broker, fixture: Fixture) => Promise<void>): void {
    it(title, { timeout: 90_000 }, async (t) => {
      const fixture = await open(t);
      await run(await openWithQueues(fixture), fixture);
    });
  }

  describe(`${name}: publishing`, () => {
    brokerCase("resolves only when the messages survive a crash", async (broker, fixture) => {
      await broker.publish(messages(20));
      await fixture.crash(broker);
      const inbox = new Inbox();
      await (await openWithQueues(fixture)).consume(QUEUE, 1, inbox.handler);
      await inbox.has(20);
      assert.deepEqual(inbox.ids, idsOf(messages(20)));
    });

    brokerCase("names the message whose queue is missing, and stores the others", async (broker) => {
      const [first, second, third] = messages(3);
      const lost = { ...second!, queue: "busbar.function.nowhere" };
      await assert.rejects(broker.publish([first!, lost, third!]), (error) => {
        assert.ok(error instanceof PublishError);
        assert.deepEqual(error.failures, [{ index: 1, reason: "unroutable" }]);
        return true;
      });
      const inbox = new Inbox();
      await broker.consume(QUEUE, 1, inbox.handler);
      await inbox.has(2);
      assert.deepEqual(inbox.ids, [first!.id, third!.id]);
    });

    brokerCase("keeps id, body and headers as they were", async (broker) => {
      const headers: Record<string, HeaderValue> = {
        "busbar-bus": "default",
        "busbar-note": "Grüße, 世界 🚌",
        "busbar-empty": "",
        "busbar-attempt": 3,
        "busbar-first-at": 1_790_000_000_123,
        "busbar-ratio": -1.5,
      };
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const bodies = [everyByte, Buffer.alloc(0), Buffer.from("{}")];
      await broker.publish(bodies.map((body, n) => ({ queue: QUEUE, id: `ü-${n}`, body, headers })));
      const inbox = new Inbox();
      await broker.consume(QUEUE, 1, inbox.handler);
      await inbox.has(bodies.length);
      for (const [n, message] of inbox.received.entries()) {
        assert.equal(message.queue, QUEUE);
        assert.equal(message.id, `ü-${n}`);
        assert.deepEqual(Buffer.from(message.body), bodies[n]);
        assert.equal(message.crashes, 0);
        for (const [header, value] of Object.entries(headers)) assert.equal(message.headers[header], value, header);
      }
    });

    brokerCase("carries a body of 1 MiB", async (broker) => {
      const body = randomBytes(1024 * 1024);
      await broker.publish([{ queue: QUEUE, id: "big", body, headers: {} }]);
      const inbox = new Inbox();
      await broker.consume(QUEUE, 1, inbox.handler);
      await inbox.has(1);
      assert.ok(body.equals(inbox.received[0]!.body));
    });

    brokerCase("carries a body of 16 MiB, and refuses a longer one for good and no other message", async (broker) => {
      const longest = { queue: QUEUE, id: "longest", body: Buffer.alloc(MESSAGE_BYTES_MAX), headers: {} };
      const tooLong = { ...longest, id: "too-long", body: Buffer.alloc(MESSAGE_BYTES_MAX + 1) };
      await assert.rejects(broker.publish([tooLong, longest]), (error) => {
        assert.ok(error instanceof PublishError);
        assert.deepEqual(error.failures, [{ index: 0, reason: "unstorable" }]);
        return true;
      });
      const inbox = new Inbox();
      await broker.consume(QUEUE, 1, inbox.handler);
      await inbox.has(1);
      assert.deepEqual(inbox.ids, ["longest"]);
    });

    brokerCase("leaves the caller's body as it was", async (broker) => {
      const body = Buffer.from("still mine");
      await broker.publish([{ queue: QUEUE, id: "kept", body, headers: {} }]);
      assert.equal(body.toString(), "still mine");
    });

    brokerCase("confirms each of 500 calls made at once", async (broker) => {
      await within("500 confirms", Promise.all(messages(500).map((message) => broker.publish([message]))));
      await eventually("500 messages ready", async () => (await broker.depth(QUEUE))?.ready === 500);
    });

    brokerCase("resolves at once for no messages", async (broker) => {
      await within("nothing published", broker.publish([]));
    });

    brokerCase("rejects after close, and says disconnected", async (broker) => {
      assert.equal(broker.state, "connected");
      await within("closed", broker.close());
      assert.equal(broker.state, "disconnected");
      await assert.rejects(broker.publish(messages(1)), (error) => {
        assert.ok(error instanceof PublishError);
        assert.deepEqual(error.failures, [{ index: 0, reason: "disconnected" }]);
        return true;
      });
    });
  });

  describe(`${name}: delays`, () => {
    it("hands a message out never early, at most 1.5 s late, and tells how late", { timeout: 30_000 }, async (t) => {
      const fixture = await open(t);
      const latenessSeconds: number[] = [];
      const broker = await openWithQueues(fixture, { delayedBy: (seconds) => latenessSeconds.push(seconds) });
      const inbox = new Inbox();
      await broker.consume(QUEUE, 10, inbox.handler);
      const delaysMs = [2_500, 150, 1_000, 700];
      const publishedAtMs = performance.now();
      await Promise.all(delaysMs.map((delayMs) => broker.publish([message(String(delayMs))], { delayMs })));
      await inbox.has(delaysMs.length);
      for (const [n, { id }] of inbox.received.entries()) {
        const lateMs = inbox.receivedAtMs[n]! - publishedAtMs - Number(id);
        assert.ok(lateMs >= -1 && lateMs <= 1_500, `delay of ${id} ms was off by ${lateMs} ms`);
      }
      assert.equal(latenessSeconds.length, delaysMs.length);
      for (const seconds of latenessSeconds) assert.ok(seconds >= 0 && seconds <= 1.5, `${seconds} s`);
    });

    brokerCase("keeps a message that waits through a crash", async (broker, fixture) => {
      const publishedAtMs = performance.now();
      await broker.publish(messages(5), { delayMs: 2_000 });
      await fixture.crash(broker);
      const inbox = new Inbox();
      await (await openWithQueues(fixture)).consume(QUEUE, 10, inbox.handler);
      await inbox.has(5);
      assert.deepEqual(inbox.ids.toSorted(), idsOf(messages(5)).toSorted());
      const earliestMs = Math.min(...inbox.receivedAtMs) - publishedAtMs;
      assert.ok(earliestMs >= 1_999, `handed out after ${earliestMs} ms`);
    });
  });

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

    brokerCase("hands out again what was taken", async (broker, fixture) => {
      await broker.publish(messages(1));
      assert.ok(await take(broker));
      await fixture.crash(broker);
      const again = await take(await openWithQueues(fixture));
      assert.equal(again.message.id, messages(1)[0]!.id);
      assert.ok(again.message.crashes >= 1);
    });
  });

  describe(`${name}: taking one message`, () => {
    brokerCase("takes one that is there, and ack removes it", async (broker) => {
      await broker.publish(messages(2));
      const [first, second] = [await take(broker), await take(broker)];
      assert.deepEqual([first.message.id, second.message.id], idsOf(messages(2)));
      await first.ack();
      await second.ack();
      await broker.publish([message("after")]);
      assert.equal((await take(broker)).message.id, "after");
    });

    brokerCase("waits for one that is yet to come", async (broker) => {
      const taking = take(broker);
      await sentinelPassed(broker);
      await broker.publish([message("late")]);
      assert.equal((await taking).message.id, "late");
    });

    brokerCase("gets none after an abort, and takes none", async (broker) => {
      const aborting = new AbortController();
      const taking = broker.take(QUEUE, aborting.signal);
      await sentinelPassed(broker);
      aborting.abort();
      assert.equal(await within("given up", taking), undefined);
      assert.equal(await within("given up at once", broker.take(QUEUE, AbortSignal.abort())), undefined);
      await broker.publish([message("spared")]);
      const { message: spared } = await take(broker);
      assert.equal(spared.id, "spared");
      assert.equal(spared.crashes, 0);
    });

    brokerCase("loses none when abort and message meet", async (broker) => {
      const seen: string[] = [];
      for (let round = 0; round < 40; round++) {
        const aborting = new AbortController();
        const taking = broker.take(QUEUE, aborting.signal);
        const publishing = broker.publish([message(`round-${round}`)]);
        // Half of the aborts fire before the confirm and half after it, so both sides of the race are met.
        if (round % 2 === 0) await publishing;
        aborting.abort();
        const taken = await within("taken or given up", taking);
        await publishing;
        await taken?.ack();
        if (taken !== undefined) seen.push(taken.message.id);
      }
      const rest = new Inbox();
      await broker.consume(QUEUE, 1, rest.handler);
      await rest.has(40 - seen.length);
      const expected = Array.from({ length: 40 }, (_, round) => `round-${round}`);
      assert.deepEqual([...seen, ...rest.ids].toSorted(), expected.toSorted());
      assert.ok(rest.received.every((received) => received.crashes === 0));
    });

    brokerCase("gives one back without counting a crash", async (broker) => {
      await broker.publish(messages(1));
      for (let round = 0; round < 3; round++) {
        const taken = await take(broker);
        assert.equal(taken.message.id, messages(1)[0]!.id);
        assert.equal(taken.message.crashes, 0);
        await taken.giveBack();
      }
      assert.equal((await take(broker)).message.crashes, 0);
    });

    brokerCase("shares messages among ten takes at once, one each", async (broker) => {
      const waiting = Array.from({ length: 10 }, () => take(broker));
      await broker.publish(messages(20));
      const early = await Promise.all(waiting);
      const late = await Promise.all(Array.from({ length: 10 }, () => take(broker)));
      const ids = [...early, ...late].map((taken) => taken.message.id);
      assert.deepEqual(ids.toSorted(), idsOf(messages(20)).toSorted());
      await Promise.all([...early, ...late].map((taken) => taken.ack()));
    });
  });

  describe(`${name}: queues`, () => {
    brokerCase("has its own queues from the start", async (broker) => {
      for (const queue of [SUSPECT_QUEUE, DEAD_LETTER_QUEUE, PARKED_QUEUE]) {
        assert.equal((await broker.depth(queue))?.ready, 0, queue);
      }
    });

    brokerCase("declares a queue again and keeps its messages", async (broker) => {
      await broker.publish(messages(3));
      await broker.declare(QUEUES);
      await broker.declare([...QUEUES, declarationOf("orders")]);
      await broker.declare([declarationOf("orders")]);
      await eventually("3 messages ready", async () => (await broker.depth(QUEUE))?.ready === 3);
      assert.equal((await broker.depth("orders"))?.ready, 0);
    });

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

    brokerCase("broadcasts to every listener", async (broker) => {
      const heard: string[] = [];
      broker.onBroadcast((body) => heard.push(`one ${body.toString()}`));
      broker.onBroadcast((body) => heard.push(`two ${body.toString()}`));
      await broker.broadcast(Buffer.from("hello"));
      await eventually("both heard", () => heard.length === 2);
      assert.deepEqual(heard.toSorted(), ["one hello", "two hello"]);
    });

    brokerCase("sends to its own address", async (broker) => {
      const heard: string[] = [];
      broker.onBroadcast((body) => heard.push(body.toString()));
      assert.ok(broker.address !== undefined);
      await broker.send(broker.address, Buffer.from("hello"));
      await eventually("it is heard", () => heard.length === 1);
      assert.deepEqual(heard, ["hello"]);
    });

    brokerCase("sends to nothing that is no address of a router", async (broker) => {
      for (const name of ["", "orders", "busbar.control", "amq.gen-a b"]) {
        await assert.rejects(broker.send(name, Buffer.from("hello")), RangeError);
      }
    });
  });

  describe(`${name}: the control log`, () => {
    brokerCase("tells what was there before it resolves, and then what comes, in order", async (broker) => {
      const heard: string[] = [];
      for (const record of ["one", "two", "three"]) await broker.append(Buffer.from(record));
      await within(
        "followed",
        broker.follow((record) => heard.push(record.toString())),
      );
      assert.deepEqual(heard, ["one", "two", "three"]);
      await broker.append(Buffer.from("four"));
      await Promise.all(["five", "six"].map((record) => broker.append(Buffer.from(record))));
      await eventually("all six are heard", () => heard.length === 6);
      assert.deepEqual(heard.slice(0, 4), ["one", "two", "three", "four"]);
    });

    brokerCase("can be followed while nothing is in it", async (broker) => {
      const heard: string[] = [];
      await within(
        "followed",
        broker.follow((record) => heard.push(record.toString())),
      );
      assert.deepEqual(heard, []);
      await broker.append(Buffer.from("first"));
      await eventually("it is heard", () => heard.length === 1);
    });

    brokerCase("tells every follower everything, byte for byte", async (broker) => {
      const record = randomBytes(LOG_RECORD_BYTES_MAX);
      await broker.append(record);
      const heard: Buffer[] = [];
      for (let n = 0; n < 3; n++)
        await within(
          "followed",
          broker.follow((each) => heard.push(each)),
        );
      assert.equal(heard.length, 3);
      for (const each of heard) assert.ok(each.equals(record));
    });

    brokerCase("resolves an append only when the record survives a crash", async (broker, fixture) => {
      for (let n = 0; n < 20; n++) await broker.append(Buffer.from(String(n)));
      await fixture.crash(broker);
      const heard: string[] = [];
      const again = await openWithQueues(fixture);
      await within(
        "followed",
        again.follow((record) => heard.push(record.toString())),
      );
      assert.deepEqual(
        heard,
        Array.from({ length: 20 }, (_, n) => String(n)),
      );
    });

    brokerCase("keeps the newest records and lets the oldest go", async (broker) => {
      const count = (LOG_BYTES_MAX * 1.5) / LOG_RECORD_BYTES_MAX;
      const numbered = Array.from({ length: count }, (_, n) => {
        const record = Buffer.alloc(LOG_RECORD_BYTES_MAX);
        record.writeUInt32BE(n);
        return record;
      });
      for (const record of numbered) await broker.append(record);
      const heard: number[] = [];
      await within(
        "followed",
        broker.follow((record) => heard.push(record.readUInt32BE())),
      );
      const keptBytes = heard.length * LOG_RECORD_BYTES_MAX;
      assert.ok(keptBytes > LOG_BYTES_MAX * 0.8 && keptBytes < LOG_BYTES_MAX * 1.2, `${keptBytes} bytes are kept`);
      assert.deepEqual(heard, Array.from(numbered.keys()).slice(-heard.length));
    });

    brokerCase("refuses a record after close", async (broker) => {
      await within("closed", broker.close());
      await assert.rejects(broker.append(Buffer.from("late")), (error) => {
        assert.ok(error instanceof PublishError);
        assert.deepEqual(error.failures, [{ index: 0, reason: "disconnected" }]);
        return true;
      });
    });
  });
}

const QUEUES: readonly QueueDeclaration[] = [declarationOf(QUEUE), declarationOf(SENTINEL_QUEUE)];

async function openWithQueues(fixture: Fixture, events?: Partial<BrokerEvents>): Promise<Broker> {
  const broker = await within("opened", fixture.openBroker(events));
  await broker.declare(QUEUES);
  return broker;
}

function message(id: string, queue = QUEUE): Message {
  return { queue, id, body: Buffer.from(`{"id":"${id}"}`), headers: { "busbar-attempt": 1 } };
}

function messages(count: number, queue = QUEUE): Message[] {
  return Array.from({ length: count }, (_, n) => message(`m-${n}`, queue));
}

function idsOf(list: readonly { readonly id: string }[]): string[] {
  return list.map((each) => each.id);
}

/** Takes one message, which must be there within the bound. */
async function take(broker: Broker) {
  const taken = await within("one message taken", broker.take(QUEUE, new AbortController().signal));
  assert.ok(taken);
  return taken;
}

/** Sends a message through another queue: what was not handed out before it is not going to be. */
async function sentinelPassed(broker: Broker): Promise<void> {
  const inbox = new Inbox();
  const consumer = await broker.consume(SENTINEL_QUEUE, 1, inbox.handler);
  await broker.publish([message("sentinel", SENTINEL_QUEUE)]);
  await inbox.has(1);
  await consumer.stop();
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

setFlagsFromString("--expose-gc");
export const collectGarbage = runInNewContext("gc") as () => void;

/** What is reachable, in bytes: garbage is collected first. */
function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
