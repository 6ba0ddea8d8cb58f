import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PublishError } from "../../src/ports/publisher.ts";
import { SqliteBroker } from "../../src/edge/sqlite/broker.ts";
import type { StoreClient, StoreListener } from "../../src/edge/sqlite/store-client.ts";

const MESSAGE = { sequence: 7, id: "a", headers: "{}", body: new Uint8Array(2), crashes: 0 };

/** A broker over a store that answers as the test says, and what is asked of it. */
function over(answers: Readonly<Record<string, (...parameters: never[]) => unknown>>) {
  const asked: string[] = [];
  const listening: { listener?: StoreListener } = {};
  const client = {
    ended: new AbortController().signal,
    listen: (listener: StoreListener) => void (listening.listener = listener),
    call: async (operation: string, parameters: never[]) => {
      asked.push(operation === "settle" ? `${operation} ${parameters.join(" ")}` : operation);
      return Promise.resolve(answers[operation]?.(...parameters));
    },
  };
  const broker = new SqliteBroker(client as unknown as StoreClient, {});
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
});
