import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LongPolls } from "../../../../src/flow/queues/long-polls.ts";

const WAIT_MS = 60_000;

/** A bell that a test rings, and that is given up with its line. */
class Bell {
  #ringing = Promise.withResolvers<boolean>();

  ring(): void {
    this.#ringing.resolve(true);
    this.#ringing = Promise.withResolvers();
  }

  bell(_queue: string, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = this.#ringing;
    signal.addEventListener("abort", () => resolve(false), { once: true });
    return promise;
  }
}

/** Lets everything run that is due. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("polls that wait for a queue", () => {
  it("an answer is given back when its client has gone while the queue was asked", async () => {
    const bell = new Bell();
    const polls = new LongPolls<string>(bell);
    const client = new AbortController();
    const asked = Promise.withResolvers<string | undefined>();
    const givenBack: string[] = [];
    const giveBack = (answer: string): Promise<void> => Promise.resolve(void givenBack.push(answer));
    const going = polls.wait("orders", { ask: () => asked.promise, giveBack, waitMs: WAIT_MS, signal: client.signal });
    await turn();
    bell.ring();
    await turn();
    client.abort();
    assert.equal(await going, undefined);
    assert.deepEqual(givenBack, []);
    asked.resolve("message");
    await turn();
    assert.deepEqual(givenBack, ["message"]);
    assert.equal(polls.waiting, 0);
  });

  it("the next poll is answered after one whose client has gone", async () => {
    const bell = new Bell();
    const polls = new LongPolls<string>(bell);
    const client = new AbortController();
    const asked = Promise.withResolvers<string | undefined>();
    const { signal } = new AbortController();
    const giveBack = (): Promise<void> => Promise.resolve();
    const going = polls.wait("orders", { ask: () => asked.promise, giveBack, waitMs: WAIT_MS, signal: client.signal });
    const answers = ["second"];
    const staying = polls.wait("orders", {
      ask: () => Promise.resolve(answers.shift()),
      giveBack,
      waitMs: WAIT_MS,
      signal,
    });
    await turn();
    bell.ring();
    await turn();
    client.abort();
    asked.resolve("first");
    assert.equal(await going, undefined);
    // What was given back rings again.
    bell.ring();
    await turn();
    bell.ring();
    assert.equal(await staying, "second");
  });

  it("nothing is given back of an answer that its client gets", async () => {
    const bell = new Bell();
    const polls = new LongPolls<string>(bell);
    const { signal } = new AbortController();
    const giveBack = (): Promise<void> => assert.fail("it was given back");
    const waiting = polls.wait("orders", { ask: () => Promise.resolve("message"), giveBack, waitMs: WAIT_MS, signal });
    await turn();
    bell.ring();
    assert.equal(await waiting, "message");
  });

  for (const [what, answer] of [
    ["has its answer, which is not given back", "message"],
    ["ends when there is nothing", undefined],
  ] as const) {
    it(`a poll whose time ends while the queue is asked ${what}`, async (t) => {
      t.mock.timers.enable({ apis: ["setTimeout"] });
      const bell = new Bell();
      const polls = new LongPolls<string>(bell);
      const { signal } = new AbortController();
      const asked = Promise.withResolvers<string | undefined>();
      const giveBack = (): Promise<void> => assert.fail("it was given back");
      const waiting = polls.wait("orders", { ask: () => asked.promise, giveBack, waitMs: WAIT_MS, signal });
      await turn();
      bell.ring();
      await turn();
      t.mock.timers.tick(WAIT_MS);
      asked.resolve(answer);
      assert.equal(await waiting, answer);
      assert.equal(polls.waiting, 0);
    });
  }

  it("a poll does not wait much longer than its time for a queue that does not answer", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const bell = new Bell();
    const polls = new LongPolls<string>(bell);
    const { signal } = new AbortController();
    const asked = Promise.withResolvers<string | undefined>();
    const givenBack: string[] = [];
    const giveBack = (answer: string): Promise<void> => Promise.resolve(void givenBack.push(answer));
    const waiting = polls.wait("orders", { ask: () => asked.promise, giveBack, waitMs: WAIT_MS, signal });
    await turn();
    bell.ring();
    await turn();
    t.mock.timers.tick(WAIT_MS);
    t.mock.timers.tick(2_000);
    assert.equal(await waiting, undefined);
    asked.resolve("message");
    await turn();
    assert.deepEqual(givenBack, ["message"]);
  });
});
