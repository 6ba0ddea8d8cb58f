import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Consumer } from "../../../../src/ports/broker/consumer.ts";
import type { MessageLimit } from "../../../../src/flow/consume/consumer-spec.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { Subscription } from "../../../../src/flow/consume/subscription.ts";
import { Subscriptions } from "../../../../src/flow/consume/subscriptions.ts";
import { turn } from "../../../support/rabbitmq/scripted-consumers.ts";

/** A subscription on a broker that notes what is asked of it, and refuses what the test says. */
function setUp() {
  const asked: string[] = [];
  const errors: unknown[] = [];
  const refused = new Set<string>();
  const state: { limit: MessageLimit | undefined; wake: () => void; before: Promise<void> } = {
    limit: { least: 2, wanted: 4, most: 8 },
    wake: () => undefined,
    before: Promise.resolve(),
  };
  const answer = async (what: string): Promise<void> => {
    asked.push(what);
    await state.before;
    if (refused.delete(what)) throw new Error(`${what} is refused`);
  };
  const consumer = (limit: number): Consumer => ({
    pause: () => answer("pause"),
    resume: () => answer("resume"),
    stop: () => answer(`stop ${limit}`),
  });
  const subscription = new Subscription(
    { name: "s", queue: "q", limit: () => state.limit, handle: () => Promise.resolve() },
    {
      broker: { consume: (_queue, limit) => answer(`consume ${limit}`).then(() => consumer(limit)) },
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          assert.equal(ms, 5_000);
          state.wake = resolve;
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
      onError: (error) => errors.push(error),
    },
  );
  const setLimit = (limit: MessageLimit | undefined): Promise<void> => {
    state.limit = limit;
    return subscription.apply();
  };
  return { subscription, asked, errors, refused, state, setLimit };
}

describe("subscriptions", () => {
  it("A subscription keeps a consumer within the bounds, and makes another outside of them", async () => {
    const { subscription, asked, setLimit } = setUp();
    await subscription.apply();
    await setLimit({ least: 4, wanted: 8, most: 16 });
    await setLimit({ least: 1, wanted: 2, most: 4 });
    assert.deepEqual(asked, ["consume 4", "resume", "resume"]);
    await setLimit({ least: 5, wanted: 10, most: 20 });
    await setLimit({ least: 1, wanted: 2, most: 4 });
    assert.deepEqual(asked.slice(3), ["stop 4", "consume 10", "stop 10", "consume 2"]);
    await subscription.stop();
  });

  it("A subscription without a limit makes no consumer, and pauses the one that it has", async () => {
    const { subscription, asked, setLimit, state } = setUp();
    const { limit } = state;
    await setLimit(undefined);
    assert.deepEqual(asked, []);
    await setLimit(limit);
    await setLimit(undefined);
    await setLimit(limit);
    assert.deepEqual(asked, ["consume 4", "pause", "resume"]);
    await subscription.stop();
  });

  it("A subscription makes one move for all the changes that come during another", async () => {
    const { subscription, asked, setLimit, state } = setUp();
    const { limit } = state;
    const blocked = Promise.withResolvers<undefined>();
    state.before = blocked.promise.then(() => undefined);
    const changes = [subscription.apply()];
    await turn();
    for (const next of [undefined, limit, undefined]) changes.push(setLimit(next));
    blocked.resolve(undefined);
    await Promise.all(changes);
    assert.deepEqual(asked, ["consume 4", "pause"]);
    await subscription.stop();
  });

  it("A subscription whose pause was refused half-way resumes when messages may come again", async () => {
    const { subscription, asked, errors, refused, setLimit, state } = setUp();
    const { limit } = state;
    await subscription.apply();
    refused.add("pause");
    await setLimit(undefined);
    assert.equal(errors.length, 1);
    await setLimit(limit);
    assert.deepEqual(asked, ["consume 4", "pause", "resume"]);
    await subscription.stop();
  });

  it("A subscription tries again after a refusal, and needs no former consumer for that", async () => {
    const { subscription, asked, errors, refused, setLimit, state } = setUp();
    await subscription.apply();
    refused.add("consume 10");
    await setLimit({ least: 5, wanted: 10, most: 20 });
    assert.equal(errors.length, 1);
    state.wake();
    await turn();
    assert.deepEqual(asked, ["consume 4", "stop 4", "consume 10", "consume 10"]);
    await subscription.stop();
    assert.equal(asked.at(-1), "stop 10");
  });

  it("A subscription that is stopped while its consumer is being made stops that as well, and makes no other", async () => {
    const { subscription, asked, state, setLimit } = setUp();
    const blocked = Promise.withResolvers<undefined>();
    state.before = blocked.promise.then(() => undefined);
    void subscription.apply();
    await turn();
    const stopped = subscription.stop();
    blocked.resolve(undefined);
    await stopped;
    await setLimit({ least: 5, wanted: 10, most: 20 });
    assert.deepEqual(asked, ["consume 4", "stop 4"]);
  });

  it("A subscription's stop waits until its consumer has settled what is in flight", async () => {
    const { subscription, asked, state } = setUp();
    await subscription.apply();
    const settled = Promise.withResolvers<undefined>();
    state.before = settled.promise.then(() => undefined);
    let stopped = false;
    const stopping = subscription.stop().then(() => (stopped = true));
    await turn();
    assert.deepEqual([asked.at(-1), stopped], ["stop 4", false]);
    settled.resolve(undefined);
    await stopping;
  });

  /** Subscriptions that follow queues by name, and what becomes of each queue's consumer. */
  function router() {
    const consumed: string[] = [];
    const subscriptions = new Subscriptions({
      broker: {
        consume: (queue) => {
          consumed.push(queue);
          const stop = (): Promise<void> => Promise.resolve(void consumed.splice(consumed.indexOf(queue), 1));
          return Promise.resolve({ pause: turn, resume: turn, stop });
        },
      },
      inFlight: new InFlightBytes(100),
      sleep: turn,
      onError: () => undefined,
    });
    const limit = () => ({ least: 1, wanted: 1, most: 1 });
    const follow = (queues: Readonly<Record<string, string>>): Promise<void> =>
      subscriptions.follow(Object.entries(queues).map(([name, queue]) => ({ name, queue, limit, handle: turn })));
    return { subscriptions, follow, consumed };
  }

  it("The subscriptions of a router begin nothing once they are stopped, though a reload ends later", async () => {
    const { subscriptions, follow, consumed } = router();
    await follow({ f: "http.f" });
    await subscriptions.stop();
    await follow({ f: "http.f", g: "http.g" });
    assert.deepEqual(consumed, []);
  });

  it("The subscriptions of a router consume another queue of the same name instead of the former one", async () => {
    const { subscriptions, follow, consumed } = router();
    await follow({ f: "http.f", g: "http.g" });
    await follow({ f: "container.f", g: "http.g" });
    assert.deepEqual(consumed.toSorted(), ["container.f", "http.g"]);
    await subscriptions.stop();
  });
});
