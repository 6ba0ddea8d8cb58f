import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Received } from "../../../../src/domain/queue/message.ts";
import { Callee } from "../../../../src/flow/functions/callee.ts";
import { HeldRetries } from "../../../../src/flow/order/held-retries.ts";
import type { HeldRetry } from "../../../../src/flow/order/in-hand.ts";
import { OrderedCalls } from "../../../../src/flow/order/ordered-calls.ts";
import { ReleaseError } from "../../../../src/ports/broker/consumer.ts";

const AGAIN: HeldRetry = {
  progress: { attempt: 2, countedRetries: 0, suspicions: 0 },
  delayMs: 1_000,
  failure: { ok: false, reason: "server_error", message: "503" },
  isExhausted: false,
};

/** Runs what has been resolved. */
async function turn(): Promise<void> {
  for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => setImmediate(resolve));
}

function message(id: string, crashes = 0): Received {
  const body = Buffer.from(JSON.stringify({ detail: { key: id.charAt(0) } }));
  return { queue: "busbar.ordered.f", id, body, headers: {}, crashes };
}

function world({
  concurrency = 10,
  trusted = true,
  culprits = [] as readonly string[],
  noticeFreeze = (): void => undefined,
} = {}) {
  const calls: string[] = [];
  const skipped = new Set<string>();
  const blocked = new Set<string>();
  const parked: string[] = [];
  const said: string[] = [];
  const running = new Map<string, PromiseWithResolvers<HeldRetry | undefined>>();
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const wake = { ms, wake: resolve };
      sleeps.push(wake);
      signal.addEventListener("abort", () => {
        sleeps.splice(sleeps.indexOf(wake), 1);
        reject(signal.reason as Error);
      });
    });
  const clock = { nowMs: 0 };
  const invoker = { invoke: () => Promise.reject(new Error("unused")), close: () => Promise.resolve() };
  const callee = new Callee({
    destination: { kind: "function", name: "f" },
    concurrency,
    invoker,
    circuitBreaker: undefined,
    isPaused: false,
    sleep,
    onCircuit: () => undefined,
    onChange: () => undefined,
  });
  const say = (what: string): Promise<void> => {
    said.push(what);
    return Promise.resolve();
  };
  const ordered = new OrderedCalls({
    label: "function/f",
    path: "$.detail.key",
    callee: () => callee,
    retries: new HeldRetries(),
    deliveries: {
      attempt: ({ id }, progress) => {
        calls.push(`${id} ${progress?.attempt ?? 1}`);
        const ending = Promise.withResolvers<HeldRetry | undefined>();
        running.set(id, ending);
        return ending.promise;
      },
      giveUp: ({ id }, progress, failure) => say(`give up ${id} ${progress?.attempt} ${failure.message}`),
      park: ({ id }) => {
        parked.push(id);
        return Promise.resolve();
      },
    },
    keys: {
      block: ({ deliveryId, key }) => {
        blocked.add(deliveryId);
        return say(`block ${deliveryId} ${key}`);
      },
      goesOn: (_name, id) => (blocked.delete(id) ? say(`open ${id}`) : Promise.resolve()),
      skipOf: (_name, id) => (skipped.has(id) ? { by: "ada" } : undefined),
    },
    owners: {
      takeOver: async () => {
        await say("own");
        return trusted;
      },
      leave: () => say("leave"),
      tries: (_label, id) => say(`try ${id.charAt(0)}${id.charAt(1)}`),
      hasTried: () => say("tried"),
      endsWith: (_label, id) => (culprits.some((culprit) => id.startsWith(culprit)) ? 2 : 0),
    },
    noticeFreeze,
    onWindow: () => said.push(`window ${ordered.window}`),
    nowMs: () => clock.nowMs,
    sleep,
    onError: (error) => assert.fail(String(error)),
  });
  const settled = new Map<string, string>();
  const hand = (lost: AbortSignal, ...messages: readonly Received[]): void => {
    for (const each of messages) {
      ordered.handle(each, lost).then(
        () => settled.set(each.id, "acked"),
        (error: unknown) => settled.set(each.id, error === lost.reason ? "back" : String(error)),
      );
    }
  };
  const end = async (id: string, retry?: HeldRetry): Promise<void> => {
    running.get(id)?.resolve(retry);
    await turn();
  };
  return { ordered, callee, calls, parked, said, sleeps, clock, settled, hand, end, running, skipped };
}

describe("Calls of a function that keeps an order", () => {
  it("begin for the first of each key, and for the next when that is settled", async () => {
    const { hand, calls, end, settled } = world();
    hand(new AbortController().signal, message("a1"), message("a2"), message("b1"));
    await turn();
    assert.deepEqual(calls, ["a1 1", "b1 1"]);
    await end("a1");
    assert.deepEqual(calls, ["a1 1", "b1 1", "a2 1"]);
    assert.equal(settled.get("a1"), "acked");
  });

  it("are at most as many as the function takes", async () => {
    const { hand, calls, end } = world({ concurrency: 2 });
    hand(new AbortController().signal, message("a1"), message("b1"), message("c1"));
    await turn();
    assert.deepEqual(calls, ["a1 1", "b1 1"]);
    await end("b1");
    assert.deepEqual(calls, ["a1 1", "b1 1", "c1 1"]);
  });

  it("leave keys waiting for their turn or for a retry, which are counted once however many messages each has", async () => {
    const { ordered, hand, end } = world({ concurrency: 1 });
    assert.deepEqual(ordered.keysWaiting(), { turn: 0, retry: 0 });
    hand(new AbortController().signal, message("a1"), message("a2"), message("b1"), message("b2"), message("c1"));
    await turn();
    assert.deepEqual(ordered.keysWaiting(), { turn: 2, retry: 0 });
    await end("a1", AGAIN);
    assert.deepEqual(ordered.keysWaiting(), { turn: 1, retry: 1 });
    await end("b1");
    await end("c1");
    await end("b2");
    assert.deepEqual(ordered.keysWaiting(), { turn: 0, retry: 1 });
  });

  it("are made again after the wait, with the key's next waiting and other keys going on", async () => {
    const { hand, calls, end, sleeps, clock, settled } = world();
    hand(new AbortController().signal, message("a1"), message("a2"), message("b1"), message("b2"));
    await turn();
    await end("a1", AGAIN);
    await end("b1");
    assert.deepEqual(calls, ["a1 1", "b1 1", "b2 1"]);
    assert.equal(settled.get("a1"), undefined);
    clock.nowMs = 1_000;
    sleeps.find(({ ms }) => ms === 1_000)?.wake();
    await turn();
    assert.deepEqual(calls.slice(3), ["a1 2"]);
    await end("a1");
    assert.deepEqual(calls.slice(4), ["a2 1"]);
  });

  it("go on where they were when the messages come again after a lost connection", async () => {
    const { hand, calls, end, settled } = world();
    const first = new AbortController();
    hand(first.signal, message("a1"), message("a2"), message("b1"), message("b2"));
    await turn();
    await end("b1", AGAIN);
    first.abort();
    await turn();
    assert.deepEqual(Object.fromEntries(settled), { a2: "back", b1: "back", b2: "back" });
    settled.clear();
    const second = new AbortController();
    hand(second.signal, message("a1", 1), message("a2", 1), message("b1", 1), message("b2", 1));
    await turn();
    assert.deepEqual(calls, ["a1 1", "b1 1"], "the call under way counts, and b1 still waits");
    await end("a1");
    assert.equal(settled.get("a1"), "acked");
    assert.deepEqual(calls, ["a1 1", "b1 1", "a2 1"]);
  });

  it("begin no more when the router was frozen, be it in an answer or after a wait", async () => {
    const lost = new AbortController();
    let wasFrozen = false;
    const noticeFreeze = (): void => (wasFrozen ? lost.abort() : undefined);
    const { hand, calls, end, sleeps, clock, settled } = world({ noticeFreeze });
    hand(lost.signal, message("a1"), message("a2"), message("b1"));
    await turn();
    await end("b1", AGAIN);
    clock.nowMs = 1_000;
    wasFrozen = true;
    sleeps.find(({ ms }) => ms === 1_000)?.wake();
    await end("a1");
    assert.deepEqual(calls, ["a1 1", "b1 1"]);
    assert.deepEqual(Object.fromEntries(settled), { a1: "acked", a2: "back", b1: "back" });
  });

  it("let the next of a key wait for a call that was lost, when it does not come again", async () => {
    const { hand, calls, end } = world();
    const first = new AbortController();
    hand(first.signal, message("a1"));
    await turn();
    first.abort();
    hand(new AbortController().signal, message("a2", 1));
    await turn();
    assert.deepEqual(calls, ["a1 1"]);
    await end("a1", AGAIN);
    assert.deepEqual(calls, ["a1 1", "a2 1"]);
  });

  it("end before a release, of which the other routers hear before anything goes back", async () => {
    const { hand, calls, end, settled, said } = world();
    const lost = new AbortController();
    hand(lost.signal, message("a1"), message("a2"));
    await turn();
    lost.abort(new ReleaseError());
    await turn();
    assert.deepEqual([...settled], []);
    await end("a1");
    assert.deepEqual(Object.fromEntries(settled), { a1: "acked", a2: "back" });
    assert.deepEqual(calls, ["a1 1"]);
    assert.deepEqual(said, ["own", "leave"]);
  });

  it("keep a key from going on whose call failed unexpectedly, until all comes again", async () => {
    const { hand, calls, running, settled } = world();
    const first = new AbortController();
    hand(first.signal, message("a1"), message("a2"));
    await turn();
    running.get("a1")?.reject(new Error("no store"));
    await turn();
    assert.deepEqual([Object.fromEntries(settled), calls], [{ a1: "Error: no store" }, ["a1 1"]]);
    first.abort(new ReleaseError());
    await turn();
    hand(new AbortController().signal, message("a1"), message("a2"));
    await turn();
    assert.deepEqual(calls, ["a1 1", "a1 1"]);
  });

  it("try what a dead router held one at a time, and say so before", async () => {
    const { hand, calls, end, said } = world({ trusted: false });
    hand(new AbortController().signal, message("a1", 1), message("b1", 1), message("c1"));
    await turn();
    assert.deepEqual([calls, said], [["a1 1"], ["own", "try a1"]]);
    await end("a1");
    assert.deepEqual([calls.slice(1), said.slice(2)], [["b1 1"], ["tried", "try b1"]]);
    await end("b1");
    assert.deepEqual(calls.slice(2), ["c1 1"]);
  });

  it("take what was given back in good order as it is, however often it was handed out", async () => {
    const { hand, calls, said } = world({ trusted: true });
    hand(new AbortController().signal, message("a1", 30), message("b1", 30));
    await turn();
    assert.deepEqual([calls, said], [["a1 1", "b1 1"], ["own"]]);
  });

  it("park the message that routers died of, and go on with its key", async () => {
    const { hand, calls, parked, settled } = world({ trusted: false, culprits: ["a1"] });
    hand(new AbortController().signal, message("a1", 2), message("a2"));
    await turn();
    assert.deepEqual([parked, settled.get("a1"), calls], [["a1"], "acked", ["a2 1"]]);
  });

  it("say that a key is blocked, go on trying, and give the event up when it is skipped", async () => {
    const { ordered, hand, calls, end, said, settled, skipped } = world();
    hand(new AbortController().signal, message("a1"), message("a2"));
    await turn();
    await end("a1", { ...AGAIN, isExhausted: true });
    assert.deepEqual(said, ["own", 'block a1 "a"']);
    skipped.add("a1");
    ordered.skip("a1");
    await turn();
    assert.deepEqual(said.slice(2), ["give up a1 2 skipped by ada: 503", "open a1"]);
    assert.deepEqual([settled.get("a1"), calls], ["acked", ["a1 1", "a2 1"]]);
  });

  it("ask for a wider window once it is full of keys that wait", async () => {
    const { hand, end, said, ordered } = world();
    assert.equal(ordered.window, 64);
    const same = Array.from({ length: 64 }, (_, n) => message(`a${n}`));
    hand(new AbortController().signal, ...same);
    await turn();
    await end("a0", AGAIN);
    assert.deepEqual(said, ["own", "window 256"]);
  });

  it("give an event without the key a lane of its own", async () => {
    const { hand, calls } = world();
    const without = (id: string): Received => ({ ...message(id), body: Buffer.from('{"detail":{}}') });
    hand(new AbortController().signal, without("a1"), without("a2"));
    await turn();
    assert.deepEqual(calls, ["a1 1", "a2 1"]);
  });
});
