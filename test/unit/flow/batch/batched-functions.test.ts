import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TargetBatch } from "../../../../src/domain/target/target.ts";
import type { BatchedDelivery } from "../../../../src/flow/batch/batch-deliveries.ts";
import { BatchedFunctions } from "../../../../src/flow/batch/batched-functions.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { Subscriptions } from "../../../../src/flow/consume/subscriptions.ts";
import { Callees } from "../../../../src/flow/functions/callees.ts";
import type { Consumer, Consumers, MessageHandler } from "../../../../src/ports/broker/consumer.ts";
import { sampleConfig, sampleDelivery, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

const NEVER = new AbortController().signal;
const HELD_MAX = 10_000;

async function turns(): Promise<void> {
  for (let count = 0; count < 60; count++) await new Promise((resolve) => setImmediate(resolve));
}

/** A queue that never runs dry: whoever consumes it has as many messages as it may. */
class EndlessQueue implements Consumers {
  held = 0;
  heldMost = 0;
  #handedOut = 0;
  readonly #bodyBytes: number;

  constructor(bodyBytes: number) {
    this.#bodyBytes = bodyBytes;
  }

  consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    let holds = 0;
    let isRunning = true;
    const handOut = (): void => {
      while (isRunning && holds < limit) {
        const id = String(++this.#handedOut);
        const message = { queue, id, body: Buffer.alloc(this.#bodyBytes, " "), headers: {}, crashes: 0 };
        holds += 1;
        this.held += 1;
        this.heldMost = Math.max(this.held, this.heldMost);
        const settled = (): void => {
          holds -= 1;
          this.held -= 1;
          setImmediate(handOut);
        };
        handler(message, NEVER).then(settled, settled);
      }
    };
    setImmediate(handOut);
    return Promise.resolve({
      pause: () => Promise.resolve(void (isRunning = false)),
      resume: () => {
        isRunning = true;
        setImmediate(handOut);
        return Promise.resolve();
      },
      stop: () => Promise.resolve(void (isRunning = false)),
    });
  }
}

/** The function `f`, which is called with batches from an endless queue, and answers when the test says so. */
async function world(batch: TargetBatch, { bodyBytes = 2, concurrency = 1 } = {}) {
  const queue = new EndlessQueue(bodyBytes);
  const inFlight = new InFlightBytes(256 * 1024 * 1024);
  const errors: unknown[] = [];
  const onError = (_where: string, error: unknown): void => void errors.push(error);
  const callees = new Callees({
    paused: { isPaused: () => false, onChange: () => undefined },
    functionInvoker: () => ({ invoke: () => Promise.reject(new Error("unused")), close: () => Promise.resolve() }),
    apiDestinationInvoker: () => assert.fail("there is none"),
    onCircuit: () => undefined,
    sleep: () => new Promise(() => undefined),
    onError,
  });
  const calls: { readonly sizes: number; readonly end: () => void }[] = [];
  const subscriptions = new Subscriptions({ broker: queue, inFlight, sleep: () => Promise.resolve(), onError });
  const functions = new BatchedFunctions({
    callees,
    inFlight,
    batches: {
      read: ({ id, body }) => ({ delivery: sampleDelivery({ id, body }), batch, payloadBytes: body.length }),
      deliver: (items: readonly BatchedDelivery[]) => {
        const call = Promise.withResolvers<undefined>();
        calls.push({ sizes: items.length, end: () => call.resolve(undefined) });
        return items.map(() => call.promise);
      },
    },
    giveBack: () => Promise.resolve(),
    nowMs: () => 0,
    sleep: () => new Promise(() => undefined),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    handleAlone: () => Promise.resolve(),
    onLimit: (name) => subscriptions.apply(name),
    onError,
  });
  const rule = sampleRule("r", { source: ["shop"] }, [sampleTarget("t", { kind: "function", name: "f" }, { batch })]);
  const config = sampleConfig({ functions: [sampleFunction("f", { concurrency })], rules: [rule] });
  await callees.follow(config);
  await subscriptions.follow(functions.follow(config));
  await turns();
  return { queue, calls, errors };
}

describe("Functions that are called with batches", () => {
  for (const concurrency of [1, 100, 500]) {
    it(`have as many messages in hand as the largest batch, and never more: concurrency ${concurrency}`, async () => {
      const { queue, calls, errors } = await world({ size: HELD_MAX, windowSeconds: 300 }, { concurrency });
      assert.deepEqual([queue.held, queue.heldMost, calls.map(({ sizes }) => sizes)], [HELD_MAX, HELD_MAX, [HELD_MAX]]);
      calls[0]?.end();
      await turns();
      assert.deepEqual([queue.heldMost, calls[1]?.sizes, errors], [HELD_MAX, HELD_MAX, []], "and again");
    });
  }

  it("have fewer messages in hand where they are long, and no more than before while they settle", async () => {
    const { queue, calls } = await world({ size: 10, windowSeconds: 300 }, { bodyBytes: 1024 * 1024, concurrency: 2 });
    assert.equal(queue.heldMost, 64, "what it began with, before anybody knew how long they are");
    for (const { end } of calls) end();
    for (let round = 0; round < 20; round++) {
      await turns();
      for (const { end } of calls) end();
    }
    assert.equal(queue.heldMost, 64);
    assert.equal(queue.held, 8);
  });
});
