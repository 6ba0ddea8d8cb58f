import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Taken } from "../../../../src/ports/broker/taker.ts";
import type { Config } from "../../../../src/domain/config.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import type { PullDeps } from "../../../../src/flow/consume/pull.ts";
import { PollTurns } from "../../../../src/flow/consume/poll-turns.ts";
import { createPull } from "../../../../src/flow/consume/pull.ts";
import { WaitingPolls } from "../../../../src/flow/functions/waiting-polls.ts";
import type { Invocation } from "../../../../src/ports/functions/functions.ts";
import { eventually } from "../../../contract/waiting.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const MIB = 1024 * 1024;
const POLLED = sampleFunction("f", { run: { kind: "runtimeApi" } });

/** A broker's takes that wait until the test hands a message to the oldest. */
class Takes {
  readonly waiting: { readonly queue: string; readonly give: (bytes: number) => void }[] = [];
  givenBack = 0;
  acked = 0;

  readonly take = (queue: string, signal: AbortSignal): Promise<Taken | undefined> => {
    const { promise, resolve } = Promise.withResolvers<Taken | undefined>();
    const waiter = {
      queue,
      give: (bytes: number): void => {
        this.#forget(waiter);
        resolve(this.#message(queue, bytes));
      },
    };
    this.waiting.push(waiter);
    signal.addEventListener("abort", () => {
      this.#forget(waiter);
      resolve(undefined);
    });
    return promise;
  };

  #forget(waiter: Takes["waiting"][number]): void {
    const index = this.waiting.indexOf(waiter);
    if (index >= 0) this.waiting.splice(index, 1);
  }

  #count(what: "acked" | "givenBack"): Promise<void> {
    this[what]++;
    return Promise.resolve();
  }

  #message(queue: string, bytes: number): Taken {
    return {
      message: { queue, id: "m", body: Buffer.alloc(bytes), headers: {}, crashes: 0 },
      ack: () => this.#count("acked"),
      giveBack: () => this.#count("givenBack"),
    };
  }
}

function setUp(changes: Partial<PullDeps> = {}) {
  const takes = new Takes();
  const paused = new Set<string>();
  const listeners: ((label: string) => void)[] = [];
  const state: { config: Config; called: number } = { config: sampleConfig({ functions: [POLLED] }), called: 0 };
  const calling = Promise.withResolvers<undefined>();
  const inFlight = new InFlightBytes(64 * MIB);
  const pull = createPull({
    broker: { take: takes.take },
    config: () => state.config,
    handle: async () => {
      state.called++;
      await calling.promise;
      return "settled";
    },
    inFlight,
    paused: { isPaused: (label) => paused.has(label), onChange: (listener) => listeners.push(listener) },
    polls: new WaitingPolls(),
    ...changes,
  });
  const gone = new AbortController();
  const poll = (functionName = "f") =>
    pull.onPoll({ functionName, gone: gone.signal, invoke: () => Promise.resolve("gone") });
  const pause = (label: string, on: boolean): void => {
    if (on) paused.add(label);
    else paused.delete(label);
    for (const listener of listeners) listener(label);
  };
  return { pull, takes, poll, gone, pause, state, inFlight, calling };
}

/** Lets everything happen that waits for nothing from outside. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("polls", () => {
  it("A poll waits for its work while the broker is away, and is no error", async () => {
    const { takes, poll, gone } = setUp({ broker: { take: never } });
    const taken: string[] = [];
    function never(queue: string): Promise<undefined> {
      taken.push(queue);
      return Promise.resolve(undefined);
    }
    await poll();
    assert.deepEqual([taken, takes.waiting.length, gone.signal.aborted], [["busbar.function.f"], 0, false]);
  });

  it("A poll of a paused function stays open and takes nothing, and goes on when that is resumed", async () => {
    const { takes, poll, pause, gone } = setUp();
    const polling = poll();
    await settled();
    assert.equal(takes.waiting.length, 1);
    pause("function/f", true);
    await settled();
    assert.equal(takes.waiting.length, 0, "the take that waited is ended");
    const another = poll();
    await settled();
    assert.equal(takes.waiting.length, 0);
    pause("function/f", false);
    await settled();
    assert.equal(takes.waiting.length, 2);
    gone.abort();
    await Promise.all([polling, another]);
  });

  it("A poll whose take failed is offered to nobody any more: its next try offers it again", async () => {
    const polls = new WaitingPolls();
    const { poll } = setUp({ polls, broker: { take: () => Promise.reject(new Error("no channel")) } });
    await assert.rejects(poll(), /no channel/);
    assert.equal(polls.tryTake("f"), undefined);
  });

  it("A poll of a function with reserved concurrency gives back what it has no permit for, and returns its own", async () => {
    const state = { free: 0, released: 0 };
    const permits = {
      tryTake: () => state.free-- > 0,
      takeFree: () => Promise.resolve(false),
      take: () => Promise.resolve(false),
      release: () => void (state.released += 1),
    };
    const { takes, poll, gone, calling } = setUp({ permitsOf: () => permits });
    const polling = poll();
    await settled();
    takes.waiting[0]!.give(10);
    await settled();
    assert.deepEqual([takes.givenBack, takes.acked, state.released], [1, 0, 0]);
    state.free = 1;
    takes.waiting[0]!.give(10);
    await settled();
    calling.resolve(undefined);
    await settled();
    assert.deepEqual([takes.givenBack, takes.acked, state.released], [1, 1, 1]);
    gone.abort();
    await polling;
  });

  it("A poll whose message waits for a permit counts its bytes, and gives it back where the function is paused meanwhile", async () => {
    const permit = Promise.withResolvers<boolean>();
    const state = { released: 0 };
    const permits = {
      tryTake: () => false,
      takeFree: () => Promise.resolve(false),
      take: () => permit.promise,
      release: () => void (state.released += 1),
    };
    const { takes, poll, gone, inFlight, pause, state: calls } = setUp({ permitsOf: () => permits });
    const polling = poll();
    await settled();
    takes.waiting[0]!.give(10);
    await settled();
    assert.equal(inFlight.usedBytes, 10);
    pause("function/f", true);
    permit.resolve(true);
    await settled();
    assert.deepEqual([calls.called, takes.givenBack, state.released, inFlight.usedBytes], [0, 1, 1, 0]);
    gone.abort();
    await polling;
  });

  it("A poll gives back what came at the moment of the pause", async () => {
    const { takes, poll, pause, gone } = setUp();
    const polling = poll();
    await settled();
    takes.waiting[0]!.give(10);
    pause("function/f", true);
    await settled();
    assert.deepEqual([takes.givenBack, takes.acked], [1, 0]);
    gone.abort();
    await polling;
  });

  it("A poll ends and takes nothing when its function has become another", async () => {
    for (const functions of [[], [sampleFunction("f")]]) {
      const { pull, takes, poll, state } = setUp();
      const polling = poll();
      await settled();
      assert.equal(takes.waiting.length, 1);
      state.config = sampleConfig({ functions });
      pull.reconcile();
      assert.equal(takes.waiting.length, 0);
      await polling;
    }
  });

  it("A poll waits to take while the budget of bytes is used up", async () => {
    const { takes, poll, inFlight, gone } = setUp();
    inFlight.take(64 * MIB);
    const polling = poll();
    await settled();
    assert.equal(takes.waiting.length, 0);
    inFlight.release(64 * MIB);
    await settled();
    assert.equal(takes.waiting.length, 1);
    gone.abort();
    await polling;
  });

  it("A poll is one of a thousand, and large messages for all of them at once still fit in the budget", async () => {
    const { takes, poll, inFlight, gone, calling, state } = setUp();
    const polls = Array.from({ length: 1_000 }, () => poll());
    await settled();
    const taking = (): number => takes.waiting.length;
    assert.equal(taking(), 40, "as many take as there is room for");
    let most = 0;
    for (let given = 0; given < 200 && taking() > 0; given++) {
      takes.waiting[0]!.give(MIB);
      await settled();
      most = Math.max(most, inFlight.usedBytes);
    }
    assert.equal(most, 40 * MIB);
    calling.resolve(undefined);
    await eventually("the calls end", () => inFlight.usedBytes === 0);
    while (state.called < 1_000) {
      assert.ok(taking() > 0, `${state.called} were served`);
      takes.waiting[0]!.give(10);
      await settled();
    }
    gone.abort();
    await Promise.all(polls);
  });

  it("A poll has its turn although another function's polls are many", async () => {
    const { takes, poll, state, gone } = setUp();
    const other = sampleFunction("other", { run: { kind: "runtimeApi" } });
    state.config = sampleConfig({ functions: [POLLED, other] });
    const polls = Array.from({ length: 500 }, () => poll("other"));
    await settled();
    polls.push(poll("f"));
    await settled();
    assert.ok(takes.waiting.some(({ queue }) => queue === "busbar.function.f"));
    gone.abort();
    await Promise.all(polls);
  });

  it("Polls of several functions share the turns that the budget has room for", async () => {
    const { takes, poll, state, gone } = setUp();
    const other = sampleFunction("other", { run: { kind: "runtimeApi" } });
    state.config = sampleConfig({ functions: [POLLED, other] });
    const first = poll("other");
    await settled();
    const polls = ["f", "other"].flatMap((name) => Array.from({ length: 100 }, () => poll(name)));
    await settled();
    const taking = (name: string): number => takes.waiting.filter(({ queue }) => queue.endsWith(name)).length;
    assert.deepEqual([taking(".f"), taking(".other")], [20, 20]);
    gone.abort();
    await Promise.all([first, ...polls]);
  });

  it("A message whose poll ended before its call goes back, and its bytes are free", async () => {
    const { takes, poll, gone, inFlight } = setUp({ handle: () => Promise.resolve("gone") });
    const polling = poll();
    await settled();
    takes.waiting[0]!.give(10);
    await settled();
    assert.deepEqual([takes.givenBack, takes.acked, inFlight.usedBytes], [1, 0, 0]);
    gone.abort();
    await polling;
  });

  it("A message that a poll took and that cannot be settled goes back, and its bytes are free", async () => {
    const failure = new Error("the broker is away");
    const { takes, poll, inFlight } = setUp({ handle: () => Promise.reject(failure) });
    const polling = poll();
    await settled();
    takes.waiting[0]!.give(10);
    await assert.rejects(polling, failure);
    assert.deepEqual([takes.givenBack, takes.acked, inFlight.usedBytes], [1, 0, 0]);
  });

  it("A message that comes when its function has just been removed goes back", async () => {
    const { takes, poll, state } = setUp();
    const polling = poll();
    await settled();
    state.config = sampleConfig({});
    takes.waiting[0]!.give(10);
    await polling;
    assert.deepEqual([takes.givenBack, takes.acked, state.called], [1, 0, 0]);
  });

  it("A message that called nobody, such as an expired one, leaves its poll waiting for the next", async () => {
    const { takes, poll, gone } = setUp({ handle: () => Promise.resolve("settled") });
    const polling = poll();
    await settled();
    takes.waiting[0]!.give(10);
    await settled();
    assert.deepEqual([takes.acked, takes.waiting.length], [1, 1]);
    gone.abort();
    await polling;
  });

  it("A poll that waits for its turn goes ahead when another has its message", async () => {
    const { takes, poll, gone, calling } = setUp();
    const polls = Array.from({ length: 41 }, () => poll());
    await settled();
    assert.equal(takes.waiting.length, 40);
    takes.waiting[0]!.give(0);
    await settled();
    assert.equal(takes.waiting.length, 40);
    gone.abort();
    calling.resolve(undefined);
    await Promise.all(polls);
  });

  it("A poll that is over does not wait for its turn", async () => {
    const turns = new PollTurns(new InFlightBytes(100), () => true);
    const over = turns.change("f", AbortSignal.abort()).then(() => "over");
    assert.equal(await Promise.race([over, settled().then(() => "waits")]), "over");
  });

  it("A polled call has its function's time limit, in milliseconds", async () => {
    const limitsMs: number[] = [];
    const { pull, takes, gone } = setUp({
      handle: async (_message, call) => {
        await call({} as Invocation, gone.signal);
        return "settled";
      },
    });
    const polling = pull.onPoll({
      functionName: "f",
      gone: gone.signal,
      invoke: (_invocation, timeoutMs) => {
        limitsMs.push(timeoutMs);
        return Promise.resolve({ ok: true, statusCode: 200 });
      },
    });
    await settled();
    takes.waiting[0]!.give(10);
    await polling;
    assert.deepEqual(limitsMs, [POLLED.timeoutSeconds * 1_000]);
  });
});
