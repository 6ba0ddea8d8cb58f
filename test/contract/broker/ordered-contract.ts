import assert from "node:assert/strict";
import { describe } from "node:test";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { MessageHandler } from "../../../src/ports/broker/consumer.ts";
import { ReleaseError } from "../../../src/ports/broker/consumer.ts";
import { eventually, Inbox, within } from "../waiting.ts";
import { brokerCases, idsOf, messages, sentinelPassed } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";

export const ORDERED_QUEUE = "busbar.ordered.work";

/** Holds everything until it is lost, but for what `ends` names: that ends when the test says so. */
class Hands {
  readonly taken: string[] = [];
  readonly ended: string[] = [];
  readonly reasons = new Set<unknown>();
  readonly #gate = Promise.withResolvers<undefined>();
  readonly #ends: ReadonlySet<string>;

  constructor(ends: readonly string[] = []) {
    this.#ends = new Set(ends);
  }

  readonly handler: MessageHandler = async ({ id }, lost) => {
    this.taken.push(id);
    if (this.#ends.has(id)) {
      await this.#gate.promise;
      this.ended.push(id);
      return;
    }
    const { promise, reject } = Promise.withResolvers<never>();
    lost.addEventListener("abort", () => {
      this.reasons.add(lost.reason);
      reject(lost.reason as Error);
    });
    await promise;
  };

  release(): void {
    this.#gate.resolve(undefined);
  }

  async has(count: number): Promise<void> {
    await eventually(`${count} messages in hand`, () => this.taken.length >= count);
  }
}

/** What holds besides for a queue that keeps its order. */
export function orderedContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);
  const publish = async (broker: Broker, count: number, from = 0): Promise<readonly string[]> => {
    const all = messages(from + count, ORDERED_QUEUE).slice(from);
    await broker.publish(all);
    return idsOf(all);
  };

  describe(`${name}: a queue that keeps its order`, () => {
    for (const leave of ["pause", "stop"] as const) {
      brokerCase(`gives back in order, at a ${leave}, what has not begun, and waits for what has`, async (broker) => {
        await broker.declare([declarationOf(ORDERED_QUEUE)]);
        const hands = new Hands(["m-1", "m-60"]);
        const consumer = await broker.consume(ORDERED_QUEUE, 100, hands.handler);
        const ids = await publish(broker, 100);
        await hands.has(100);
        const next = new Inbox();
        await broker.consume(ORDERED_QUEUE, 100, next.handler);
        const left = consumer[leave]();
        const later = await publish(broker, 20, 100);
        await sentinelPassed(broker);
        assert.deepEqual(next.ids, [], "two calls are under way");

        hands.release();
        await within("left", left);
        await next.has(118);
        assert.deepEqual(hands.taken, ids);
        assert.deepEqual(hands.ended, ["m-1", "m-60"]);
        assert.ok([...hands.reasons].every((reason) => reason instanceof ReleaseError));
        const back = ids.filter((id) => !hands.ended.includes(id));
        assert.deepEqual(next.ids, [...back, ...later]);
      });
    }

    brokerCase("has all that was in hand come again in order where a handler fails", async (broker) => {
      await broker.declare([declarationOf(ORDERED_QUEUE)]);
      const hands = new Hands();
      let failures = 0;
      await broker.consume(ORDERED_QUEUE, 50, async (message, lost) => {
        if (message.id !== "m-7" || failures++ > 0) return await hands.handler(message, lost);
        hands.taken.push(message.id);
        throw new Error("not yet");
      });
      const ids = await publish(broker, 40);
      await hands.has(80);
      assert.deepEqual(hands.taken, [...ids, ...ids]);
    });

    brokerCase("goes on where it was after a pause, however short", async (broker) => {
      await broker.declare([declarationOf(ORDERED_QUEUE)]);
      const hands = new Hands();
      const consumer = await broker.consume(ORDERED_QUEUE, 50, hands.handler);
      const ids = await publish(broker, 40);
      await hands.has(40);
      await consumer.pause();
      await consumer.resume();
      await hands.has(80);
      assert.deepEqual(hands.taken, [...ids, ...ids]);
      await within("stopped", consumer.stop());
      const inbox = new Inbox();
      await broker.consume(ORDERED_QUEUE, 50, inbox.handler);
      await inbox.has(40);
      assert.deepEqual(inbox.ids, ids);
    });

    brokerCase("has what a router held when it died come to the next one in order", async (broker, fixture) => {
      await broker.declare([declarationOf(ORDERED_QUEUE)]);
      const hands = new Hands();
      await broker.consume(ORDERED_QUEUE, 50, hands.handler);
      const ids = await publish(broker, 60);
      await hands.has(50);
      await fixture.crash(broker);
      const next = await fixture.openBroker();
      await next.declare([declarationOf(ORDERED_QUEUE)]);
      const inbox = new Inbox();
      await next.consume(ORDERED_QUEUE, 100, inbox.handler);
      await inbox.has(60);
      assert.deepEqual(inbox.ids, ids);
      const crashes = inbox.received.map(({ crashes }) => crashes);
      assert.deepEqual(crashes, [...Array<number>(50).fill(1), ...Array<number>(10).fill(0)]);
    });
  });
}
