import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Broker, Consumer, Depth, MessageHandler } from "../../src/core/broker.ts";
import type { FunctionConfig } from "../../src/core/function.ts";
import type { Capacity, Invoker } from "../../src/core/invocation.ts";
import { deliveryMessage } from "../../src/core/delivery-message.ts";
import { InFlightBytes } from "../../src/flow/in-flight.ts";
import { Subscriptions } from "../../src/flow/subscriptions.ts";
import { sampleConfig, sampleFunction } from "../support/sample.ts";
import { ScriptedStorage } from "../support/scripted-storage.ts";

/** A consumer that notes what is asked of it. */
class ScriptedConsumer implements Consumer {
  readonly queue: string;
  readonly limit: number;
  readonly handler: MessageHandler;
  state: "running" | "paused" | "stopped" = "running";
  /** What a pause waits for. */
  pausing = Promise.resolve();

  constructor(queue: string, limit: number, handler: MessageHandler) {
    this.queue = queue;
    this.limit = limit;
    this.handler = handler;
  }

  async pause(): Promise<void> {
    await this.pausing;
    this.state = "paused";
  }

  resume(): Promise<void> {
    this.state = "running";
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.state = "stopped";
    return Promise.resolve();
  }
}

class ScriptedBroker extends ScriptedStorage {
  readonly consumers: ScriptedConsumer[] = [];
  depthOf: (queue: string) => Promise<Depth | undefined> = () => Promise.resolve(undefined);
  /** Runs while a subscription is being made. */
  whileConsuming: () => void = () => undefined;

  depth(queue: string): Promise<Depth | undefined> {
    return this.depthOf(queue);
  }

  async consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    this.whileConsuming();
    const consumer = new ScriptedConsumer(queue, limit, handler);
    this.consumers.push(consumer);
    return Promise.resolve(consumer);
  }

  of(queue: string): ScriptedConsumer | undefined {
    return this.consumers.findLast((consumer) => consumer.queue === queue);
  }
}

/** Lets everything that can go on without time passing go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(functions: readonly FunctionConfig[], capacity?: Capacity) {
  const broker = new ScriptedBroker();
  const inFlight = new InFlightBytes(100);
  const errors: unknown[] = [];
  const sleeps: (() => void)[] = [];
  let nowMs = 0;
  const config = sampleConfig({ functions });
  const invoker: Invoker = {
    invoke: () => Promise.resolve({ ok: true, statusCode: 200 }),
    close: () => Promise.resolve(),
    ...(capacity === undefined ? {} : { capacity }),
  };
  const subscriptions = new Subscriptions({
    broker: broker as unknown as Broker,
    config: () => config,
    deliver: () => Promise.resolve("settled"),
    inFlight,
    functionInvoker: () => invoker,
    apiDestinationInvoker: () => invoker,
    nowMs: () => (nowMs += 15_000),
    // Time passes when a test says so.
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push(resolve);
        if (signal.aborted) reject(signal.reason as Error);
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
    onError: (_where, error) => errors.push(error),
  });
  const passTime = async (): Promise<void> => {
    for (const wake of sleeps.splice(0)) wake();
    await turn();
  };
  return { broker, inFlight, errors, config, subscriptions, passTime };
}

describe("The consumers", () => {
  it("begin although the broker is away and cannot tell what waits in a function's former queue", async () => {
    const { broker, config, subscriptions, errors } = setUp([sampleFunction("f")]);
    broker.depthOf = () => Promise.reject(new Error("there is no connection"));
    await subscriptions.start(config);
    assert.equal(broker.of("busbar.function.f")?.state, "running");
    assert.deepEqual(errors, []);
    await subscriptions.stop();
  });

  it("start and stop without waiting for a former queue's backlog, which goes first all the same", async () => {
    const { broker, config, subscriptions, passTime } = setUp([sampleFunction("f")]);
    let ready = 5;
    broker.depthOf = () => Promise.resolve({ ready, consumers: 1 });
    await subscriptions.start(config);
    await passTime();
    assert.equal(broker.of("busbar.container.f")?.state, "running");
    assert.equal(broker.of("busbar.function.f"), undefined);
    ready = 0;
    await passTime();
    assert.equal(broker.of("busbar.container.f")?.state, "stopped");
    assert.equal(broker.of("busbar.function.f")?.state, "running");
    await subscriptions.stop();

    const second = setUp([sampleFunction("f")]);
    second.broker.depthOf = () => Promise.resolve({ ready: 5, consumers: 1 });
    await second.subscriptions.start(second.config);
    await second.passTime();
    await second.subscriptions.stop();
    assert.equal(second.broker.of("busbar.container.f")?.state, "stopped");
  });

  it("take over a number of containers that changes while the first subscription is being made", async () => {
    let containers = 1;
    const listeners: (() => void)[] = [];
    const capacity = { current: () => containers, onChange: (listener: () => void) => void listeners.push(listener) };
    const { broker, config, subscriptions } = setUp([sampleFunction("f", { concurrency: 10 })], capacity);
    broker.whileConsuming = () => {
      broker.whileConsuming = () => undefined;
      queueMicrotask(() => {
        containers = 4;
        for (const listener of listeners) listener();
      });
    };
    await subscriptions.start(config);
    await turn();
    assert.equal(broker.of("busbar.function.f")?.limit, 4);
    await subscriptions.stop();
  });

  it("pause when the budget is used up, none waiting for another, and those that begin then begin paused", async () => {
    const { broker, config, inFlight, subscriptions } = setUp([sampleFunction("f"), sampleFunction("g")]);
    await subscriptions.start(config);
    const first = broker.of("busbar.function.f");
    assert.ok(first);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    first.pausing = promise.then(() => undefined);
    inFlight.take(100);
    await turn();
    assert.equal(broker.of("busbar.function.g")?.state, "paused");
    await Promise.all(subscriptions.reconcile(sampleConfig({ functions: [sampleFunction("f"), sampleFunction("h")] })));
    assert.equal(broker.of("busbar.function.h")?.state, "paused");
    inFlight.release(100);
    resolve(undefined);
    await turn();
    assert.equal(first.state, "running");
    assert.equal(broker.of("busbar.function.h")?.state, "running");
    await subscriptions.stop();
  });

  it("stay stopped when a reload that had begun before comes to its end", async () => {
    const { broker, config, subscriptions } = setUp([sampleFunction("f")]);
    await subscriptions.start(config);
    await subscriptions.stop();
    await Promise.all(subscriptions.reconcile(config));
    assert.equal(broker.of("busbar.function.f")?.state, "stopped");
  });

  it("hold a suspect that goes back to its own queue until the broker stores it", async () => {
    const { broker, config, subscriptions, passTime } = setUp([sampleFunction("f", { run: { kind: "runtimeApi" } })]);
    await subscriptions.start(config);
    broker.refusals.set("busbar.function.f", "blocked");
    const delivery = {
      id: "d-1",
      destination: { kind: "function", name: "f" },
      body: "{}",
      attempt: 1,
      countedRetries: 0,
      firstAtMs: 1,
      hops: 0,
      suspicions: 1,
    } as const;
    const handled = broker
      .of("busbar.suspect")
      ?.handler({ ...deliveryMessage(delivery, "busbar.suspect"), crashes: 0 });
    await turn();
    broker.refusals.clear();
    await passTime();
    await handled;
    assert.deepEqual(
      broker.stored.map((message) => message.queue),
      ["busbar.function.f"],
    );
    await subscriptions.stop();
  });
});
