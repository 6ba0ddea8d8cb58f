import assert from "node:assert/strict";
import { describe } from "node:test";
import { Inbox, within } from "../waiting.ts";
import { brokerCases, idsOf, message, messages, openWithQueues, QUEUE, sentinelPassed, take } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";

/** Hands out single messages on request: `Taker`. */
export function takerContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

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

    brokerCase("hands out again what was taken", async (broker, fixture) => {
      await broker.publish(messages(1));
      assert.ok(await take(broker));
      await fixture.crash(broker);
      const again = await take(await openWithQueues(fixture));
      assert.equal(again.message.id, messages(1)[0]!.id);
      assert.ok(again.message.crashes >= 1);
    });
  });
}
