import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { MESSAGE_BYTES_MAX } from "../../../src/domain/queue/message.ts";
import type { HeaderValue } from "../../../src/domain/queue/message.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE, SUSPECT_QUEUE, declarationOf } from "../../../src/domain/queue/queues.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { eventually, Inbox, within } from "../waiting.ts";
import { brokerCases, idsOf, message, messages, openWithQueues, QUEUE, QUEUES } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";

/** Makes queues and stores messages in them: `Publisher`. */
export function publisherContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

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
}
