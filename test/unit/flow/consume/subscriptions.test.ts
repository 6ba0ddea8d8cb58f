import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiDestination, FunctionConfig } from "../../../../src/domain/target/function.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";
import { sampleMessage, scriptedConsumers, SUCCESS, turn } from "../../../support/rabbitmq/scripted-consumers.ts";

const CONTAINER = { kind: "container", url: "http://127.0.0.1:9" } as const;

/** A number of containers that a test changes. */
function scriptedCapacity(containers: number) {
  const listeners: (() => void)[] = [];
  const set = (next: number): void => {
    containers = next;
    for (const listener of listeners) listener();
  };
  return {
    set,
    capacity: { current: () => containers, onChange: (listener: () => void) => void listeners.push(listener) },
  };
}

describe("consumers", () => {
  it("The consumers begin although the broker is away and a former queue's depth is unknown", async () => {
    const { broker, current, consumers, errors } = scriptedConsumers({ functions: [sampleFunction("f")] });
    broker.depthOf = () => Promise.reject(new Error("there is no connection"));
    await consumers.start(current.config);
    assert.equal(broker.of("busbar.function.f")?.state, "running");
    assert.deepEqual(errors, []);
    await consumers.stop();
  });

  it("The consumers take from their own queue beside a former one, whose messages are moved to it until it is empty", async () => {
    const { broker, current, consumers, passTime } = scriptedConsumers({ functions: [sampleFunction("f")] });
    let ready = 5;
    broker.depthOf = () => Promise.resolve({ ready, consumers: 1 });
    await consumers.start(current.config);
    await turn();
    assert.equal(broker.of("busbar.function.f")?.state, "running");
    const counted = { attempt: 3, countedRetries: 2, suspicions: 1 };
    await broker.hand(sampleMessage("busbar.container.f", counted));
    assert.deepEqual(
      broker.stored,
      [{ ...sampleMessage("busbar.function.f", counted), crashes: undefined }].map(
        ({ crashes: _crashes, ...message }) => message,
      ),
    );
    await passTime();
    assert.equal(broker.of("busbar.container.f")?.state, "running");
    ready = 0;
    await passTime();
    assert.equal(broker.of("busbar.container.f")?.state, "stopped");
    await consumers.stop();
  });

  it("The consumers stop while a former queue is being emptied", async () => {
    const { broker, current, consumers } = scriptedConsumers({ functions: [sampleFunction("f")] });
    broker.depthOf = () => Promise.resolve({ ready: 5, consumers: 1 });
    await consumers.start(current.config);
    await turn();
    await consumers.stop();
    assert.equal(broker.of("busbar.container.f")?.state, "stopped");
  });

  it("The consumers cancel when the budget is used up, none waiting for another, and begin only when there is room", async () => {
    const functions = [sampleFunction("f"), sampleFunction("g")];
    const { broker, current, inFlight, consumers } = scriptedConsumers({ functions });
    await consumers.start(current.config);
    const first = broker.of("busbar.function.f");
    assert.ok(first);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    first.pausing = promise.then(() => undefined);
    inFlight.take(100);
    await turn();
    assert.equal(broker.of("busbar.function.g")?.state, "paused");
    await consumers.follow(sampleConfig({ functions: [sampleFunction("f"), sampleFunction("h")] }));
    assert.equal(broker.of("busbar.function.h"), undefined);
    inFlight.release(100);
    resolve(undefined);
    await turn();
    assert.equal(first.state, "running");
    assert.equal(broker.of("busbar.function.h")?.state, "running");
    await consumers.stop();
  });

  it("The consumers of a paused destination are cancelled until it is resumed, whatever the budget does meanwhile", async () => {
    const { broker, current, inFlight, pause, consumers } = scriptedConsumers({
      functions: [sampleFunction("f"), sampleFunction("g")],
    });
    pause("function/g", true);
    await consumers.start(current.config);
    assert.equal(broker.of("busbar.function.g"), undefined);
    pause("function/f", true);
    inFlight.take(100);
    inFlight.release(100);
    await turn();
    assert.equal(broker.of("busbar.function.f")?.state, "paused");
    pause("function/f", false);
    pause("function/g", false);
    await turn();
    assert.equal(broker.of("busbar.function.f")?.state, "running");
    assert.equal(broker.of("busbar.function.g")?.state, "running");
    await consumers.stop();
  });

  it("The consumers give back what comes while their destination is paused, as it was", async () => {
    const { broker, current, pause, consumers } = scriptedConsumers({
      functions: [sampleFunction("f")],
      call: () => Promise.reject(new Error("it was called")),
    });
    await consumers.start(current.config);
    pause("function/f", true);
    await broker.hand(sampleMessage("busbar.function.f", { attempt: 2 }));
    assert.deepEqual(
      broker.stored.map(({ queue, headers }) => [queue, headers["busbar-attempt"]]),
      [["busbar.function.f", 2]],
    );
    await consumers.stop();
  });

  for (const why of ["pause", "stop"] as const) {
    it(`The consumers give back what waits behind the calls in flight, without calling it, at a ${why}`, async () => {
      const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
      const calls: unknown[] = [];
      const { broker, current, pause, consumers } = scriptedConsumers({
        functions: [sampleFunction("f", { concurrency: 1 })],
        call: () => promise.finally(() => calls.push(1)),
      });
      await consumers.start(current.config);
      const called = broker.hand(sampleMessage("busbar.function.f", { id: "called" }));
      const waiting = broker.hand(sampleMessage("busbar.function.f", { id: "waiting" }));
      await turn();
      const stopped = why === "stop" ? consumers.stop() : pause("function/f", true);
      await waiting;
      assert.deepEqual(
        broker.stored.map(({ id }) => id),
        ["waiting"],
      );
      resolve(SUCCESS);
      await Promise.all([called, stopped]);
      assert.equal(calls.length, 1);
      await consumers.stop();
    });
  }

  it("The consumers neither call for nor move a message that is lost while it waits behind the calls in flight, which go on", async () => {
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const calls: unknown[] = [];
    const { broker, current, errors, inFlight, consumers } = scriptedConsumers({
      functions: [sampleFunction("f", { concurrency: 1 })],
      call: () => promise.finally(() => calls.push(1)),
    });
    await consumers.start(current.config);
    const connection = new AbortController();
    const called = broker.hand(sampleMessage("busbar.function.f", { id: "called" }), connection.signal);
    const waiting = broker.hand(sampleMessage("busbar.function.f", { id: "waiting" }), connection.signal);
    const next = broker.hand(sampleMessage("busbar.function.f", { id: "over the next connection" }));
    await turn();
    connection.abort();
    // The broker's consumer tells by the reason that nothing was begun.
    await assert.rejects(waiting, (error) => error === connection.signal.reason);
    resolve(SUCCESS);
    await Promise.all([called, next]);
    assert.deepEqual([calls.length, broker.stored, errors, inFlight.usedBytes], [2, [], [], 0]);
    await consumers.stop();
  });

  it("The consumers do not move a lost message when their destination is not to be called", async () => {
    const { broker, current, pause, consumers } = scriptedConsumers({ functions: [sampleFunction("f")] });
    await consumers.start(current.config);
    pause("function/f", true);
    await assert.rejects(broker.hand(sampleMessage("busbar.function.f"), AbortSignal.abort()));
    assert.deepEqual(broker.stored, []);
    await consumers.stop();
  });

  it("The consumers are made in the end although the broker refuses them for a while", async () => {
    const { broker, current, errors, inFlight, consumers, passTime } = scriptedConsumers({
      functions: [sampleFunction("f")],
    });
    const failure = new Error("there is no such queue");
    broker.whileConsuming = (queue) => {
      if (queue === "busbar.function.f") throw failure;
    };
    await consumers.start(current.config);
    // Changes that fail meanwhile do not make for more tries.
    inFlight.take(100);
    inFlight.release(100);
    await turn();
    const before = errors.length;
    await passTime(5_000);
    assert.deepEqual(errors.slice(before), [failure]);
    broker.whileConsuming = () => undefined;
    await passTime(5_000);
    assert.equal(broker.of("busbar.function.f")?.state, "running");
    await consumers.stop();
  });

  it("The consumers take suspects one at a time, and call none whose container one router at a time may call", async () => {
    let calls = 0;
    const { broker, current, consumers } = scriptedConsumers({
      functions: [sampleFunction("f", { run: CONTAINER })],
      call: () => {
        calls += 1;
        return Promise.resolve(SUCCESS);
      },
    });
    await consumers.start(current.config);
    assert.equal(broker.of("busbar.suspect")?.limit, 1);
    await broker.hand(sampleMessage("busbar.suspect", { suspicions: 2 }));
    assert.deepEqual([calls, broker.stored.map(({ queue }) => queue)], [0, ["busbar.container.f"]]);
    await consumers.stop();
  });

  it("The consumers are not tried again once they are stopped", async () => {
    const { broker, current, consumers, passTime } = scriptedConsumers({ functions: [sampleFunction("f")] });
    broker.whileConsuming = (queue) => {
      if (queue === "busbar.function.f") throw new Error("there is no such queue");
    };
    await consumers.start(current.config);
    await consumers.stop();
    broker.whileConsuming = () => undefined;
    await passTime();
    assert.equal(broker.of("busbar.function.f"), undefined);
  });

  it("The consumers do not read a former queue while their destination is paused, or routers might move messages to and fro", async () => {
    const { broker, current, pause, consumers, passTime } = scriptedConsumers({
      functions: [sampleFunction("f")],
    });
    broker.depthOf = () => Promise.resolve({ ready: 5, consumers: 1 });
    pause("function/f", true);
    await consumers.start(current.config);
    await passTime();
    assert.equal(broker.of("busbar.container.f"), undefined);
    pause("function/f", false);
    await passTime();
    assert.equal(broker.of("busbar.container.f")?.state, "running");
    pause("function/f", true);
    await passTime();
    assert.equal(broker.of("busbar.container.f")?.state, "stopped");
    await consumers.stop();
  });

  it("The consumers keep calls, connections and circuit at a reload that changes nothing about how a destination is called", async () => {
    const functions = [sampleFunction("f")];
    const { consumers, callersMade } = scriptedConsumers({ functions });
    const crm: ApiDestination = {
      name: "crm",
      url: "http://127.0.0.1:9/",
      method: "POST",
      auth: { kind: "none" },
      invocationRateLimitPerSecond: 300,
      concurrency: 1,
    };
    const reload = (fn: FunctionConfig, destination: ApiDestination) =>
      consumers.follow({
        ...sampleConfig({ functions: [fn] }),
        apiDestinations: new Map([[destination.name, destination]]),
      });
    await reload(sampleFunction("f"), crm);
    const sameCalls = { description: "another", maximumRetryAttempts: 5, deadLetterQueue: "dead", paused: true };
    const onSuccess = { kind: "queue", name: "wins" } as const;
    await reload(sampleFunction("f", { ...sameCalls, onSuccess }), { ...crm, description: "another", paused: true });
    const circuitBreaker = { failureThreshold: 2, openSeconds: 9 };
    await reload(sampleFunction("f", { circuitBreaker }), { ...crm, circuitBreaker });
    assert.deepEqual(callersMade.toSorted(), ["crm", "f"]);
    await reload(sampleFunction("f", { timeoutSeconds: 4 }), { ...crm, url: "http://127.0.0.1:9/other" });
    assert.deepEqual(callersMade.toSorted(), ["crm", "crm", "f", "f"]);
    await consumers.stop();
  });

  it("The consumers stay stopped when a reload that had begun before comes to its end", async () => {
    const { broker, current, consumers } = scriptedConsumers({ functions: [sampleFunction("f")] });
    await consumers.start(current.config);
    await consumers.stop();
    await consumers.follow(current.config);
    assert.equal(broker.of("busbar.function.f")?.state, "stopped");
  });

  for (const what of ["consumer", "invoker"] as const) {
    it(`The consumers begin anew, and it is logged, although the ${what} before them did not end in order`, async () => {
      const failure = new Error("it did not end");
      const { broker, current, errors, consumers } = scriptedConsumers({
        functions: [sampleFunction("f")],
        close: () => (what === "invoker" ? Promise.reject(failure) : Promise.resolve()),
      });
      await consumers.start(current.config);
      const first = broker.of("busbar.function.f");
      assert.ok(first);
      if (what === "consumer") first.stopping = Promise.reject(failure);
      const changed = sampleConfig({ functions: [sampleFunction("f", { concurrency: 3 })] });
      await consumers.follow(changed);
      assert.deepEqual(errors, [failure]);
      assert.equal(broker.of("busbar.function.f")?.limit, 3);
      assert.equal(broker.of("busbar.function.f")?.state, "running");
      await consumers.stop();
    });
  }
});

describe("the consumer of a function whose containers come and go", () => {
  const functions = [sampleFunction("f", { run: CONTAINER, concurrency: 10 })];

  it("A container's consumer takes over a number that changes while the first subscription is being made", async () => {
    const { capacity, set } = scriptedCapacity(1);
    const { broker, current, consumers } = scriptedConsumers({ functions, capacity });
    broker.whileConsuming = () => {
      broker.whileConsuming = () => undefined;
      queueMicrotask(() => set(4));
    };
    await consumers.start(current.config);
    await turn();
    assert.ok((broker.of("busbar.container.f")?.limit ?? 0) >= 4);
    await consumers.stop();
  });

  it("A container's consumer calls a new one at once, does not wait for calls in flight, and never calls more than there are", async () => {
    const { capacity, set } = scriptedCapacity(1);
    const calls: (() => void)[] = [];
    const call = () => new Promise<typeof SUCCESS>((resolve) => calls.push(() => resolve(SUCCESS)));
    const { broker, current, consumers } = scriptedConsumers({ functions, capacity, call });
    await consumers.start(current.config);
    const first = broker.of("busbar.container.f");
    assert.ok(first);
    const handled = [1, 2].map(() => first.handler(sampleMessage("busbar.container.f")));
    await turn();
    assert.equal(calls.length, 1);
    set(2);
    await turn();
    assert.equal(calls.length, 2);
    assert.equal(first.state, "running");

    // More than the first consumer takes: the next one begins while the first has its calls to finish.
    first.stopping = Promise.all(handled).then(() => undefined);
    set(5);
    await turn();
    const second = broker.of("busbar.container.f");
    assert.ok(second !== undefined && second !== first && second.limit >= 5);
    handled.push(...[3, 4, 5, 6].map(() => second.handler(sampleMessage("busbar.container.f"))));
    await turn();
    assert.equal(calls.length, 5);
    while (calls.length > 0) {
      calls.shift()?.();
      await turn();
    }
    await Promise.all(handled);
    await consumers.stop();
  });

  it("A container's consumer goes on when one of them is away for a while, and takes less when most of them have left", async () => {
    const { capacity, set } = scriptedCapacity(10);
    const { broker, current, consumers } = scriptedConsumers({ functions, capacity });
    await consumers.start(current.config);
    const first = broker.of("busbar.container.f");
    for (const containers of [9, 10, 5, 10]) set(containers);
    await turn();
    assert.equal(broker.of("busbar.container.f"), first);
    set(1);
    await turn();
    assert.equal(first?.state, "stopped");
    assert.equal(broker.of("busbar.container.f")?.limit, 2);
    await consumers.stop();
  });

  it("A container's consumer gives back what has waited too long for one of them, long before the broker takes it for stuck", async () => {
    const { capacity } = scriptedCapacity(1);
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const { broker, current, consumers, passTime } = scriptedConsumers({
      functions,
      capacity,
      call: () => promise,
    });
    await consumers.start(current.config);
    const called = broker.hand(sampleMessage("busbar.container.f", { id: "called" }));
    const waiting = broker.hand(sampleMessage("busbar.container.f", { id: "waiting" }));
    await turn();
    await passTime(599_000);
    assert.deepEqual(broker.stored, []);
    await passTime(600_000);
    await waiting;
    assert.deepEqual(
      broker.stored.map(({ queue, id }) => [queue, id]),
      [["busbar.container.f", "waiting"]],
    );
    resolve(SUCCESS);
    await called;
    await consumers.stop();
  });
});
