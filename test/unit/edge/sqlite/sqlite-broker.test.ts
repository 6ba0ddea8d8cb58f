import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { SqliteBroker } from "../../../../src/edge/sqlite/broker/broker.ts";
import type { BrokerThread, BrokerThreadListener } from "../../../../src/edge/sqlite/broker/broker-thread.ts";

const MESSAGE = { sequence: 7, id: "a", headers: "{}", body: new Uint8Array(2), crashes: 0 };

/** A broker over a store that answers as the test says, and what is asked of it. */
function over(answers: Readonly<Record<string, (...parameters: never[]) => unknown>>) {
  const asked: string[] = [];
  const listening: { listener?: BrokerThreadListener } = {};
  const client = {
    ended: new AbortController().signal,
    listen: (listener: BrokerThreadListener) => void (listening.listener = listener),
    call: async (operation: string, parameters: never[]) => {
      asked.push(operation === "settle" ? `${operation} ${parameters.join(" ")}` : operation);
      return Promise.resolve(answers[operation]?.(...parameters));
    },
  };
  const broker = new SqliteBroker(client as unknown as BrokerThread, {});
  return {
    broker,
    asked,
    handOut: (consumer: number) => listening.listener?.handedOut({ consumer, message: MESSAGE }),
  };
}

describe("The embedded broker", () => {
  it("names the message that was not stored by its place in the whole publish, which the store gets in parts", async () => {
    let parts = 0;
    const { broker } = over({ store: () => (++parts === 2 ? [1] : []) });
    const messages = ["a", "b", "c"].map((id) => ({ queue: "work", id, body: Buffer.alloc(500_000), headers: {} }));
    const large = { queue: "work", id: "large", body: Buffer.alloc(800_000), headers: {} };
    await assert.rejects(broker.publish([large, ...messages]), new PublishError([{ index: 2, reason: "unroutable" }]));
  });

  it("gives back the message that was on its way to a poll that has ended", async () => {
    const unsubscribed = Promise.withResolvers<undefined>();
    const { broker, asked, handOut } = over({ subscribe: () => true, unsubscribe: () => unsubscribed.promise });
    const aborting = new AbortController();
    const taking = broker.take("work", aborting.signal);
    await nextTurn();
    aborting.abort();
    handOut(0);
    assert.equal(await taking, undefined);
    assert.deepEqual(asked, ["subscribe", "unsubscribe", "settle work 7 give-back"]);
  });

  it("gives back what a consumer's handler rejects, after a pause that doubles", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { broker, asked, handOut } = over({ subscribe: () => true });
    await broker.consume("work", 1, () => Promise.reject(new Error("no")));
    for (const pauseMs of [1_000, 2_000]) {
      asked.length = 0;
      handOut(0);
      await nextTurn();
      t.mock.timers.tick(pauseMs - 1);
      await nextTurn();
      assert.deepEqual(asked, []);
      t.mock.timers.tick(1);
      await nextTurn();
      assert.deepEqual(asked, ["settle work 7 give-back"]);
    }
  });

  it("stops a consumer once what it handles is settled, and does not wait for the pause of what failed", async () => {
    const { broker, asked, handOut } = over({ subscribe: () => true });
    const handling = Promise.withResolvers<undefined>();
    const outcomes = [Promise.reject(new Error("no")), handling.promise];
    const consumer = await broker.consume("work", 2, async () => {
      await outcomes.shift();
    });
    handOut(0);
    handOut(0);
    await nextTurn();
    let isStopped = false;
    const stopping = consumer.stop().then(() => (isStopped = true));
    await nextTurn();
    assert.deepEqual([isStopped, asked], [false, ["subscribe", "unsubscribe", "settle work 7 give-back"]]);
    handling.resolve(undefined);
    await stopping;
    assert.equal(asked.at(-1), "settle work 7 ack");
  });
});
