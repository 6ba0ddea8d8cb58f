import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { receiveDelivery } from "../../src/flow/deliver/receive.ts";
import { sampleConfig, sampleFunction } from "../support/sample.ts";
import { sampleMessage, scriptedSubscriptions, SUCCESS, turn } from "../support/scripted-consumers.ts";

/** A suspect as a router sets it aside that found it in a queue. */
function suspectFrom(queue: string, headers: object = {}) {
  const receipt = receiveDelivery({ ...sampleMessage(queue), crashes: 1 });
  assert.equal(receipt.kind, "suspect");
  return { ...receipt.message, headers: { ...receipt.message.headers, ...headers }, crashes: 0 };
}

describe("suspects", () => {
  it("A suspect that goes back to its own queue is held until the broker stores it", async () => {
    const functions = [sampleFunction("f", { run: { kind: "runtimeApi" } })];
    const { broker, current, subscriptions, passTime } = scriptedSubscriptions({ functions });
    await subscriptions.start(current.config);
    broker.refusals.set("busbar.function.f", "blocked");
    const handled = broker.hand(suspectFrom("busbar.function.f"));
    await turn();
    broker.refusals.clear();
    await passTime();
    await handled;
    assert.deepEqual(
      broker.stored.map(({ queue, headers }) => [queue, headers["busbar-suspicions"]]),
      [["busbar.function.f", 1]],
    );
    await subscriptions.stop();
  });

  it("A suspect of a function that this router does not know goes back to where it came from, whatever kind that is", async () => {
    for (const queue of ["busbar.container.f", "busbar.function.f"]) {
      const { broker, current, subscriptions } = scriptedSubscriptions({ functions: [] });
      await subscriptions.start(current.config);
      await broker.hand(suspectFrom(queue));
      assert.deepEqual(
        broker.stored,
        [sampleMessage(queue, { suspicions: 1 })].map(({ crashes: _, ...sent }) => sent),
      );
      await subscriptions.stop();
    }
  });

  it("A suspect goes to no queue of another destination, whatever its header says", async () => {
    const { broker, current, subscriptions } = scriptedSubscriptions({ functions: [] });
    await subscriptions.start(current.config);
    for (const from of ["busbar.function.g", "orders", 7])
      await broker.hand(suspectFrom("busbar.function.f", { "busbar-suspect-from": from }));
    assert.deepEqual(new Set(broker.stored.map(({ queue }) => queue)), new Set(["busbar.function.f"]));
    await subscriptions.stop();
  });

  it("A suspect of a paused destination is not called, and waits in its queue with its count", async () => {
    const calls: unknown[] = [];
    const { broker, current, pause, subscriptions } = scriptedSubscriptions({
      functions: [sampleFunction("f")],
      call: () => Promise.resolve(SUCCESS).finally(() => calls.push(1)),
    });
    await subscriptions.start(current.config);
    await broker.hand(suspectFrom("busbar.function.f"));
    assert.equal(calls.length, 1);
    pause("function/f", true);
    await broker.hand(suspectFrom("busbar.function.f"));
    assert.equal(calls.length, 1);
    assert.deepEqual(
      broker.stored.map(({ queue, headers }) => [queue, headers["busbar-suspicions"]]),
      [["busbar.function.f", 1]],
    );
    await subscriptions.stop();
  });

  it("A suspect that is lost while it waits for its turn is not called, and nothing of it is stored", async () => {
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const { broker, current, subscriptions } = scriptedSubscriptions({
      functions: [sampleFunction("f", { concurrency: 1 })],
      call: () => promise,
    });
    await subscriptions.start(current.config);
    const called = broker.hand(sampleMessage("busbar.function.f"));
    const connection = new AbortController();
    const suspect = broker.hand(suspectFrom("busbar.function.f"), connection.signal);
    await turn();
    connection.abort();
    await assert.rejects(suspect);
    resolve(SUCCESS);
    await called;
    assert.deepEqual(broker.stored, []);
    await subscriptions.stop();
  });

  it("A reload that changes a suspect's function waits for its call, and ends the invoker after it", async () => {
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const steps: string[] = [];
    const { broker, current, subscriptions } = scriptedSubscriptions({
      functions: [sampleFunction("f")],
      call: () => promise,
      close: () => Promise.resolve().finally(() => steps.push("invoker closed")),
    });
    await subscriptions.start(current.config);
    const handled = broker.hand(suspectFrom("busbar.function.f")).then(() => steps.push("suspect settled"));
    await turn();
    const changed = subscriptions.reconcile(sampleConfig({ functions: [sampleFunction("f", { concurrency: 3 })] }));
    await turn();
    assert.deepEqual(steps, []);
    resolve(SUCCESS);
    await Promise.all([handled, ...changed]);
    assert.deepEqual(steps, ["suspect settled", "invoker closed"]);
    await subscriptions.stop();
  });

  it("A suspect does not wait behind calls that take long: others wait behind it", async () => {
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const { broker, current, subscriptions, passTime } = scriptedSubscriptions({
      functions: [sampleFunction("f", { concurrency: 1 })],
      call: () => promise,
    });
    await subscriptions.start(current.config);
    const called = broker.hand(sampleMessage("busbar.function.f"));
    const suspect = broker.hand(suspectFrom("busbar.function.f"));
    await turn();
    await passTime(10_000);
    await suspect;
    assert.deepEqual(
      broker.stored.map(({ queue }) => queue),
      ["busbar.function.f"],
    );
    resolve(SUCCESS);
    await called;
    await subscriptions.stop();
  });
});
