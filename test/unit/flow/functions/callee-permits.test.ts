import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CallPermits } from "../../../../src/flow/functions/call-permits.ts";
import { CallSlots } from "../../../../src/flow/functions/call-slots.ts";
import { Callee } from "../../../../src/flow/functions/callee.ts";
import { turn } from "../../../support/rabbitmq/scripted-consumers.ts";

const NEVER = new AbortController().signal;

/** A callee of one call at a time with so many permits, where time passes only when a test says so. */
function setUp(permitsMax: number) {
  let nowMs = 0;
  const sleeps = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      sleeps.add({ atMs: nowMs + ms, wake: resolve });
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const { atMs, wake } of sleeps) if (atMs <= nowMs) wake();
    await turn();
  };
  const slots = new CallSlots({ limit: () => permitsMax, sleep });
  const answer = Promise.withResolvers<undefined>();
  const permits: CallPermits = {
    tryTake: () => false,
    takeFree: () => answer.promise.then(() => slots.tryTake()),
    take: (waitMs, lost) => slots.take(waitMs, lost),
    release: () => slots.release(),
  };
  const callee = new Callee({
    destination: { kind: "function", name: "f" },
    concurrency: 1,
    invoker: { invoke: () => Promise.reject(new Error("unused")), close: () => Promise.resolve() },
    circuitBreaker: undefined,
    isPaused: false,
    permits: () => permits,
    sleep,
    onCircuit: () => undefined,
    onChange: () => undefined,
  });
  return { callee, slots, pass, answerPermits: () => answer.resolve(undefined) };
}

describe("A callee with reserved concurrency", () => {
  it("lets nobody wait longer for a slot and a permit together than for one of them", async () => {
    const { callee, slots, pass } = setUp(1);
    assert.equal(await callee.enter(1_000, NEVER), true);
    const entered: boolean[] = [];
    void callee.enter(1_000, NEVER).then((isIn) => entered.push(isIn));
    await pass(600);
    // Somebody else has the permit by the time that the slot is free.
    callee.leave();
    assert.ok(slots.tryTake());
    await pass(399);
    assert.deepEqual(entered, []);
    await pass(1);
    assert.deepEqual(entered, [false]);
    slots.release();
    assert.equal(await callee.enter(1_000, NEVER), true, "the slot was given back");
  });

  it("gives back a permit that came after a pause", async () => {
    const { callee, slots, answerPermits } = setUp(1);
    const entering = callee.enterFree();
    callee.pause(true);
    answerPermits();
    assert.equal(await entering, false);
    assert.equal(slots.taken, 0);
    callee.pause(false);
    assert.equal(await callee.enterFree(), true, "the slot was given back");
  });
});
