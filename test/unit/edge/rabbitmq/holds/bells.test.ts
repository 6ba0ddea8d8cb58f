import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { Bells } from "../../../../../src/edge/rabbitmq/holds/receiving/bells.ts";
import type { Arrived } from "../../../../../src/edge/rabbitmq/holds/receiving/hold-channels.ts";

const MESSAGE = { channel: { isOpen: true } } as unknown as Arrived;

describe("a bell of a queue", () => {
  it("goes on between polls that come one after the other, and ends half a second after the last", async (t) => {
    const { bells, subscriptions } = started(t);
    for (let poll = 0; poll < 3; poll++) {
      const ending = new AbortController();
      const waiting = bells.wait("orders", ending.signal);
      await settled();
      ending.abort();
      assert.equal(await waiting, false);
      t.mock.timers.tick(499);
    }
    assert.deepEqual(
      subscriptions.map(({ hasEnded }) => hasEnded),
      [false],
    );
    t.mock.timers.tick(1);
    assert.deepEqual(
      subscriptions.map(({ hasEnded }) => hasEnded),
      [true],
    );
  });

  it("puts a message back at once that comes when nobody waits any more", async (t) => {
    const { bells, subscriptions, putBack } = started(t);
    const ending = new AbortController();
    const waiting = bells.wait("orders", ending.signal);
    await settled();
    ending.abort();
    await waiting;
    subscriptions[0]!.arrived(MESSAGE);
    assert.deepEqual(putBack, [MESSAGE]);
    assert.deepEqual(bells.take("orders", 10), []);
    const again = bells.wait("orders", new AbortController().signal);
    await settled();
    assert.equal(subscriptions.length, 2, "the first one ended with its message");
    subscriptions[1]!.arrived(MESSAGE);
    assert.equal(await again, true);
    assert.deepEqual(bells.take("orders", 10), [MESSAGE]);
  });
});

interface Subscription {
  readonly arrived: (message: Arrived | undefined) => void;
  hasEnded: boolean;
}

function started(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const subscriptions: Subscription[] = [];
  const subscribe = (_queue: string, arrived: Subscription["arrived"]): Promise<() => Promise<void>> => {
    const subscription = { arrived, hasEnded: false };
    subscriptions.push(subscription);
    const end = (): Promise<void> => {
      subscription.hasEnded = true;
      return Promise.resolve();
    };
    return Promise.resolve(end);
  };
  const putBack: Arrived[] = [];
  const bells = new Bells({ subscribe }, (_queue, arrived) => void putBack.push(arrived));
  return { bells, subscriptions, putBack };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
