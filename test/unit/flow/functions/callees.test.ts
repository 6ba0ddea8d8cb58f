import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FunctionConfig } from "../../../../src/domain/target/function.ts";
import type { Callee } from "../../../../src/flow/functions/callee.ts";
import { Callees } from "../../../../src/flow/functions/callees.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";
import { turn } from "../../../support/rabbitmq/scripted-consumers.ts";

const NOT_LOST = new AbortController().signal;

/** Callees whose invokers are counted when they are made and when they are closed, by the function's time-out. */
function setUp(makes: (fn: FunctionConfig) => void = () => undefined) {
  const paused = new Set<string>();
  const listeners: ((label: string) => void)[] = [];
  const made: number[] = [];
  const closed: number[] = [];
  const errors: string[] = [];
  const callees = new Callees({
    paused: { isPaused: (label) => paused.has(label), onChange: (listener) => void listeners.push(listener) },
    functionInvoker: (fn) => {
      makes(fn);
      made.push(fn.timeoutSeconds);
      return {
        invoke: () => Promise.resolve({ ok: true, statusCode: 200 }),
        close: () => Promise.resolve(void closed.push(fn.timeoutSeconds)),
      };
    },
    apiDestinationInvoker: () => assert.fail("there is no API destination"),
    onCircuit: () => undefined,
    random: () => 0,
    sleep: (_ms, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    onError: (where, error) => errors.push(`${where}: ${String(error)}`),
  });
  const pause = (label: string): void => {
    paused.add(label);
    for (const listener of listeners) listener(label);
  };
  /** The callee of `f`, which must be there. */
  const calleeOfF = (): Callee => {
    const callee = callees.find("function/f");
    assert.ok(callee);
    return callee;
  };
  const follow = (...functions: readonly FunctionConfig[]) => callees.follow(sampleConfig({ functions }));
  return { callees, calleeOfF, follow, pause, made, closed, errors };
}

const withTimeout = (timeoutSeconds: number) => sampleFunction("f", { timeoutSeconds, concurrency: 2 });

describe("callees", () => {
  it("A callee lets no more in than its function's concurrency, whoever calls it", async () => {
    const { calleeOfF, callees, follow } = setUp();
    await follow(withTimeout(1));
    const callee = calleeOfF();
    assert.ok(callee.tryEnter() && callees.find("function/f")?.tryEnter());
    assert.equal(callee.tryEnter(), false);
    const waiting = callee.enter(1_000, NOT_LOST);
    callee.leave();
    assert.equal(await waiting, true);
  });

  it("A callee that is called in another way is closed after its calls in flight, and only then followed by the next", async () => {
    const { calleeOfF, callees, follow, made, closed } = setUp();
    await follow(withTimeout(1));
    const former = calleeOfF();
    assert.ok(former.tryEnter() && former.tryEnter());
    const waiting = former.enter(1_000, NOT_LOST);
    const changed = follow(withTimeout(2));
    await turn();
    assert.equal(await waiting, false, "who waits goes back to the queue");
    assert.equal(callees.find("function/f"), undefined);
    former.leave();
    await turn();
    assert.deepEqual([made, closed], [[1], []]);
    former.leave();
    await changed;
    assert.deepEqual([made, closed], [[1, 2], [1]]);
    assert.equal(callees.find("function/f")?.tryEnter(), true);
  });

  it("A reload that takes back the one before makes no invoker for what nobody wants any more", async () => {
    const { calleeOfF, callees, follow, made } = setUp();
    await follow(withTimeout(1));
    const former = calleeOfF();
    assert.ok(former.tryEnter());
    const reloads = [follow(withTimeout(2)), follow(withTimeout(1))];
    await turn();
    former.leave();
    await Promise.all(reloads);
    assert.deepEqual(made, [1, 1]);
    assert.ok(callees.find("function/f")?.mayBeCalled);
  });

  it("A callee that comes back while changes of its former place are due stays", async () => {
    const { calleeOfF, callees, follow } = setUp();
    await follow(withTimeout(1));
    const former = calleeOfF();
    assert.ok(former.tryEnter());
    const reloads = [follow(), follow(withTimeout(2)), follow()];
    await turn();
    let back: Promise<void> | undefined;
    callees.onChange(() => {
      back ??= follow(withTimeout(3));
    });
    former.leave();
    await Promise.all(reloads);
    await back;
    assert.ok(callees.find("function/f")?.mayBeCalled);
    await callees.stop();
    assert.equal(callees.find("function/f"), undefined);
  });

  it("A callee whose invoker cannot be made is reported, and the others are called", async () => {
    const { callees, follow, errors } = setUp(({ name }) => {
      if (name === "f") throw new Error("no such key");
    });
    await follow(withTimeout(1), sampleFunction("g"));
    assert.deepEqual(errors, ["function/f: Error: no such key"]);
    assert.deepEqual([callees.find("function/f"), callees.find("function/g")?.mayBeCalled], [undefined, true]);
  });

  it("A callee that is paused lets nobody in, and refuses those who wait", async () => {
    const { calleeOfF, follow, pause } = setUp();
    await follow(withTimeout(1));
    const callee = calleeOfF();
    assert.ok(callee.tryEnter() && callee.tryEnter());
    const waiting = callee.enter(1_000, NOT_LOST);
    pause("function/f");
    assert.equal(await waiting, false);
    callee.leave();
    assert.deepEqual([callee.tryEnter(), await callee.enter(1_000, NOT_LOST)], [false, false]);
  });

  it("Callees that are stopped follow no configuration any more", async () => {
    const { callees, follow, made, closed } = setUp();
    await follow(withTimeout(1));
    await callees.stop();
    await follow(withTimeout(2));
    assert.deepEqual([made, closed, callees.find("function/f")], [[1], [1], undefined]);
  });
});
