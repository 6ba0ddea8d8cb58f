import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { WaitingPolls } from "../../../../src/flow/functions/waiting-polls.ts";
import { anyPoll } from "../../../../src/flow/invoke/any-poll.ts";
import { decodePollMessage, encodePollMessage } from "../../../../src/flow/invoke/poll-message.ts";
import { RouterLostError, RoutersPolls } from "../../../../src/flow/invoke/routers-polls.ts";
import type { Invocation, Poll } from "../../../../src/ports/functions/functions.ts";

const SUCCESS: Outcome = { ok: true, statusCode: 200, responseJson: '"é"' };
const INVOCATION: Invocation = {
  id: "r-1",
  attempt: 1,
  destination: { kind: "function", name: "work", qualifier: "$LATEST" },
  payload: Buffer.from('"ü"'),
  clientContext: "{}",
};
const NEVER = new AbortController().signal;

/** Routers at one broker, each with polls of its own. A router that is cut off hears and says nothing. */
function routersOf(t: TestContext, ...names: readonly string[]) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const listeners = new Map<string, (body: Buffer) => void>();
  const cut = new Set<string>();
  /** By router, what it learns of a message that it sent to another one, and that arrives in any case. */
  const sending = new Map<string, () => Promise<undefined>>();
  let ids = 0;
  const broadcasts: string[] = [];
  const errors: Error[] = [];
  const deliver = (to: string, body: Buffer): void => {
    if (!cut.has(to)) listeners.get(to)?.(body);
  };
  const routers = names.map((name) => {
    const polls = new WaitingPolls();
    const bytes = { held: 0 };
    const abandon = new AbortController();
    const broker = {
      address: name,
      broadcast: (body: Buffer) => {
        broadcasts.push(decodePollMessage(body)?.type ?? "");
        if (!cut.has(name)) for (const to of listeners.keys()) deliver(to, body);
        return Promise.resolve();
      },
      onBroadcast: (listener: (body: Buffer) => void) => void listeners.set(name, listener),
      send: (to: string, body: Buffer) => {
        if (!cut.has(name)) deliver(to, body);
        return sending.get(name)?.() ?? Promise.resolve();
      },
    };
    const elsewhere = new RoutersPolls({
      broker,
      polls,
      inFlight: { take: (taken) => void (bytes.held += taken), release: (given) => void (bytes.held -= given) },
      newId: () => `a-${++ids}`,
      abandon: abandon.signal,
      onError: (error) => {
        assert.ok(sending.has(name), error);
        errors.push(error);
      },
    });
    return { polls, elsewhere, bytes, abandon };
  });
  return { routers, cut, sending, broadcasts, errors };
}

function pollOf(invoke: Poll["invoke"] = () => Promise.resolve(SUCCESS)): Poll {
  return { functionName: "work", gone: NEVER, invoke };
}

/** Until everything that was sent has arrived. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

describe("Polls of several routers", () => {
  it("A call goes to the router whose environment polls, with all that it has, and its outcome comes back", async (t) => {
    const { routers } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const given: unknown[] = [];
    const offered = two.polls.offer(
      pollOf((invocation, timeoutMs) => {
        given.push(invocation, timeoutMs, two.bytes.held);
        return Promise.resolve(SUCCESS);
      }),
    );
    const taken = await anyPoll("work", one, new AbortController());
    assert.ok(typeof taken === "object");
    assert.deepEqual(await taken.poll.invoke(INVOCATION, 3_000, NEVER), SUCCESS);
    taken.done(true);
    assert.deepEqual(given, [INVOCATION, 3_000, 4]);
    assert.equal(await offered.withdraw(), true);
    assert.equal(two.bytes.held, 0);
  });

  it("A poll that comes later is kept for the one who waits; of two that come, one waits on for others", async (t) => {
    const { routers } = routersOf(t, "one", "two", "three");
    const [one, two, three] = routers;
    assert.ok(one !== undefined && two !== undefined && three !== undefined);
    const waiting = anyPoll("work", one, new AbortController());
    await settled();
    const [second, third] = [two.polls.offer(pollOf()), three.polls.offer(pollOf())];
    const taken = await waiting;
    assert.ok(typeof taken === "object");
    await settled();
    assert.equal(third.ended.aborted ? await third.withdraw() : false, false);
    assert.deepEqual(await taken.poll.invoke(INVOCATION, 3_000, NEVER), SUCCESS);
    taken.done(true);
    assert.equal(await second.withdraw(), true);
    // Nobody wants one any more: the next that comes waits for the queue.
    const next = two.polls.offer(pollOf());
    await settled();
    assert.equal(next.withdraw(), undefined);
  });

  it("A poll here is taken before any other router is asked", async (t) => {
    const { routers } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const [here, there] = [pollOf(), two.polls.offer(pollOf())];
    one.polls.offer(here);
    const taken = await anyPoll("work", one, new AbortController());
    assert.ok(typeof taken === "object" && taken.poll === here);
    assert.equal(there.withdraw(), undefined);
  });

  it("A caller who gave up leaves no wish behind, and a poll that nobody comes for is free after two seconds", async (t) => {
    const { routers, cut } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const over = new AbortController();
    const waiting = anyPoll("work", one, over);
    await settled();
    over.abort();
    assert.equal(await waiting, undefined);
    assert.equal(two.polls.offer(pollOf()).withdraw(), undefined);

    void anyPoll("work", one, new AbortController());
    await settled();
    cut.add("one");
    const kept = two.polls.offer(pollOf());
    await settled();
    t.mock.timers.tick(2_000);
    assert.equal(await kept.withdraw(), false);
  });

  it("A call whose router is silent for five seconds is lost; one that says it is alive is not", async (t) => {
    const { routers, cut } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const answer = Promise.withResolvers<Outcome>();
    two.polls.offer(pollOf(() => answer.promise));
    const taken = await anyPoll("work", one, new AbortController());
    assert.ok(typeof taken === "object");
    const ends: unknown[] = [];
    const calling = taken.poll.invoke(INVOCATION, 60_000, NEVER).catch((error: unknown) => void ends.push(error));
    await settled();
    for (let second = 0; second < 8; second++) {
      t.mock.timers.tick(1_000);
      await settled();
    }
    assert.equal(ends.length, 0);
    cut.add("two");
    t.mock.timers.tick(5_000);
    await calling;
    assert.ok(ends[0] instanceof RouterLostError);
    answer.resolve(SUCCESS);
  });

  it("A call that the broker did not confirm is lost, and not one to be made again: it may have arrived", async (t) => {
    const { routers, sending } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    let calls = 0;
    two.polls.offer(
      pollOf(() => {
        calls += 1;
        return Promise.resolve(SUCCESS);
      }),
    );
    const taken = await anyPoll("work", one, new AbortController());
    assert.ok(typeof taken === "object");
    sending.set("one", () => Promise.reject(new Error("disconnected")));
    await assert.rejects(taken.poll.invoke(INVOCATION, 3_000, NEVER), RouterLostError);
    assert.equal(calls, 1);
  });

  it("A caller who is one too many is refused without a question to other routers", async (t) => {
    const { routers, broadcasts } = routersOf(t, "one", "two");
    const [one] = routers;
    assert.ok(one !== undefined);
    const over = new AbortController();
    const waiting = Array.from({ length: 1_000 }, () => one.polls.take("work", over.signal));
    assert.equal(await anyPoll("work", one, new AbortController()), "full");
    assert.deepEqual(broadcasts, []);
    over.abort();
    await Promise.all(waiting);
  });

  it("A broker that is away while calls are in hand is an error once, and again after it was back", async (t) => {
    const { routers, sending, errors } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const answer = Promise.withResolvers<Outcome>();
    two.polls.offer(pollOf(() => answer.promise));
    const taken = await anyPoll("work", one, new AbortController());
    assert.ok(typeof taken === "object");
    const calling = taken.poll.invoke(INVOCATION, 60_000, NEVER);
    await settled();
    const seconds = async (count: number): Promise<void> => {
      for (let second = 0; second < count; second++) {
        t.mock.timers.tick(1_000);
        await settled();
      }
    };
    sending.set("two", () => Promise.reject(new Error("disconnected")));
    await seconds(3);
    assert.equal(errors.length, 1);
    sending.set("two", () => Promise.resolve(undefined));
    await seconds(1);
    sending.set("two", () => Promise.reject(new Error("disconnected")));
    await seconds(3);
    assert.equal(errors.length, 2);
    sending.delete("two");
    answer.resolve(SUCCESS);
    assert.deepEqual(await calling, SUCCESS);
  });

  it("A router that stops while a call is still being sent abandons the call, and nothing else", async (t) => {
    const { routers, sending } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const unhandled = t.mock.fn();
    process.on("unhandledRejection", unhandled);
    t.after(() => process.off("unhandledRejection", unhandled));
    two.polls.offer(pollOf());
    const taken = await anyPoll("work", one, new AbortController());
    assert.ok(typeof taken === "object");
    const [sent, stopping] = [Promise.withResolvers<undefined>(), new AbortController()];
    sending.set("one", () => sent.promise);
    const calling = taken.poll.invoke(INVOCATION, 3_000, stopping.signal);
    stopping.abort();
    await settled();
    sent.resolve(undefined);
    await assert.rejects(calling, { name: "AbortError" });
    assert.equal(unhandled.mock.callCount(), 0);
  });

  it("A router that stops with another's call in hand says that it is lost", async (t) => {
    const { routers } = routersOf(t, "one", "two");
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    two.polls.offer(
      pollOf((_invocation, _timeoutMs, signal) => {
        return new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        );
      }),
    );
    const taken = await anyPoll("work", one, new AbortController());
    assert.ok(typeof taken === "object");
    const calling = taken.poll.invoke(INVOCATION, 60_000, NEVER);
    await settled();
    two.abandon.abort();
    await assert.rejects(calling, RouterLostError);
  });

  it("Messages between routers are read as they were written, and others are ignored", () => {
    const failure = {
      ok: false,
      reason: "throttled",
      message: "later",
      retryAfterMs: 5,
      statusCode: 429,
      responseJson: "{}",
    } as const;
    const messages = [
      { type: "want", ask: "a", from: "one", functionName: "work" },
      { type: "have", ask: "a", from: "two" },
      { type: "over", ask: "a" },
      { type: "over", ask: "a", except: "two" },
      { type: "alive", ask: "a" },
      { type: "call", ask: "a", from: "one", timeoutMs: 3_000, invocation: INVOCATION },
      { type: "ended", ask: "a", outcome: SUCCESS },
      { type: "ended", ask: "a", outcome: { ok: true, statusCode: 204 } },
      { type: "ended", ask: "a", outcome: { ...SUCCESS, beginsWithHead: true } },
      { type: "ended", ask: "a", outcome: failure },
      { type: "ended", ask: "a", outcome: "gone" },
      { type: "ended", ask: "a", outcome: "lost" },
    ] as const;
    for (const message of messages) assert.deepEqual(decodePollMessage(encodePollMessage(message)), message);
    const [mark = ""] = encodePollMessage(messages[0]).toString("latin1").split("\n");
    for (const text of ["", "x", `${mark}\n`, `${mark}\n\0\0\0\x02{}`, `${mark}\n\0\0\0\xff{`]) {
      assert.equal(decodePollMessage(Buffer.from(text, "latin1")), undefined);
    }
  });
});
