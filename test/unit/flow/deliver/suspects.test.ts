import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { receiveDelivery } from "../../../../src/flow/deliver/receive.ts";
import { suspectHome } from "../../../../src/flow/deliver/suspect.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";
import { sampleMessage, scriptedConsumers, SUCCESS, turn } from "../../../support/rabbitmq/scripted-consumers.ts";

/** A suspect as a router sets it aside that found it in a queue. */
function suspectFrom(queue: string, headers: object = {}) {
  const receipt = receiveDelivery({ ...sampleMessage(queue), crashes: 1 });
  assert.equal(receipt.kind, "suspect");
  return { ...receipt.message, headers: { ...receipt.message.headers, ...headers }, crashes: 0 };
}

describe("the queue that a suspect goes back to", () => {
  const container = sampleFunction("f", { run: { kind: "container", url: "http://127.0.0.1:9" } });
  const polled = sampleFunction("f", { run: { kind: "runtimeApi" } });
  const fn = { kind: "function", name: "f" } as const;
  const crm = { kind: "api-destination", name: "crm" } as const;
  const cases = [
    { who: "a function", is: [sampleFunction("f")], of: fn, from: "busbar.function.f", to: "busbar.function.f" },
    { who: "a push container", is: [container], of: fn, from: "busbar.container.f", to: "busbar.container.f" },
    { who: "a polling function", is: [polled], of: fn, from: "busbar.function.f", to: "busbar.function.f" },
    { who: "a push container by now", is: [container], of: fn, from: "busbar.function.f", to: "busbar.container.f" },
    { who: "a former push container", is: [polled], of: fn, from: "busbar.container.f", to: "busbar.function.f" },
    { who: "an unknown function", is: [], of: fn, from: "busbar.function.f", to: "busbar.function.f" },
    { who: "an unknown push container", is: [], of: fn, from: "busbar.container.f", to: "busbar.container.f" },
    { who: "an unknown function", is: [], of: fn, from: "busbar.container.g", to: "busbar.function.f" },
    { who: "an unknown function", is: [], of: fn, from: "orders", to: "busbar.function.f" },
    { who: "an unknown function", is: [], of: fn, from: 7, to: "busbar.function.f" },
    { who: "an API destination", is: [], of: crm, from: "busbar.function.crm", to: "busbar.api-destination.crm" },
  ];
  for (const { who, is, of, from, to } of cases) {
    it(`A suspect of ${who} that came from ${from} goes back to ${to}`, () => {
      const suspect = sampleMessage("busbar.suspect", { destination: of }, { "busbar-suspect-from": from });
      assert.equal(suspectHome(suspect, { destination: of }, sampleConfig({ functions: is })), to);
    });
  }
});

describe("suspects", () => {
  it("A suspect that goes back to its own queue is held until the broker stores it", async () => {
    const functions = [sampleFunction("f", { run: { kind: "runtimeApi" } })];
    const { broker, current, consumers, passTime } = scriptedConsumers({ functions });
    await consumers.start(current.config);
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
    await consumers.stop();
  });

  it("A suspect of a function that this router does not know goes back to where it came from, whatever kind that is", async () => {
    for (const queue of ["busbar.container.f", "busbar.function.f"]) {
      const { broker, current, consumers } = scriptedConsumers({ functions: [] });
      await consumers.start(current.config);
      await broker.hand(suspectFrom(queue));
      assert.deepEqual(
        broker.stored,
        [sampleMessage(queue, { suspicions: 1 })].map(({ crashes: _, ...sent }) => sent),
      );
      await consumers.stop();
    }
  });

  it("A suspect goes to no queue of another destination, whatever its header says", async () => {
    const { broker, current, consumers } = scriptedConsumers({ functions: [] });
    await consumers.start(current.config);
    for (const from of ["busbar.function.g", "orders", 7])
      await broker.hand(suspectFrom("busbar.function.f", { "busbar-suspect-from": from }));
    assert.deepEqual(new Set(broker.stored.map(({ queue }) => queue)), new Set(["busbar.function.f"]));
    await consumers.stop();
  });

  it("A suspect of a paused destination is not called, and waits in its queue with its count", async () => {
    const calls: unknown[] = [];
    const { broker, current, pause, consumers } = scriptedConsumers({
      functions: [sampleFunction("f")],
      call: () => Promise.resolve(SUCCESS).finally(() => calls.push(1)),
    });
    await consumers.start(current.config);
    await broker.hand(suspectFrom("busbar.function.f"));
    assert.equal(calls.length, 1);
    pause("function/f", true);
    await broker.hand(suspectFrom("busbar.function.f"));
    assert.equal(calls.length, 1);
    assert.deepEqual(
      broker.stored.map(({ queue, headers }) => [queue, headers["busbar-suspicions"]]),
      [["busbar.function.f", 1]],
    );
    await consumers.stop();
  });

  it("A suspect that is lost while it waits for its turn is not called, and nothing of it is stored", async () => {
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const { broker, current, consumers } = scriptedConsumers({
      functions: [sampleFunction("f", { concurrency: 1 })],
      call: () => promise,
    });
    await consumers.start(current.config);
    const called = broker.hand(sampleMessage("busbar.function.f"));
    const connection = new AbortController();
    const suspect = broker.hand(suspectFrom("busbar.function.f"), connection.signal);
    await turn();
    connection.abort();
    await assert.rejects(suspect);
    resolve(SUCCESS);
    await called;
    assert.deepEqual(broker.stored, []);
    await consumers.stop();
  });

  it("A reload that changes a suspect's function waits for its call, and ends the invoker after it", async () => {
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const steps: string[] = [];
    const { broker, current, consumers } = scriptedConsumers({
      functions: [sampleFunction("f")],
      call: () => promise.finally(() => steps.push("call ended")),
      close: () => Promise.resolve().finally(() => steps.push("invoker closed")),
    });
    await consumers.start(current.config);
    const handled = broker.hand(suspectFrom("busbar.function.f"));
    await turn();
    const changed = consumers.follow(sampleConfig({ functions: [sampleFunction("f", { concurrency: 3 })] }));
    await turn();
    assert.deepEqual(steps, []);
    resolve(SUCCESS);
    await Promise.all([handled, changed]);
    assert.deepEqual(steps, ["call ended", "invoker closed"]);
    await consumers.stop();
  });

  it("A suspect does not wait behind calls that take long: others wait behind it", async () => {
    const { promise, resolve } = Promise.withResolvers<typeof SUCCESS>();
    const { broker, current, consumers, passTime } = scriptedConsumers({
      functions: [sampleFunction("f", { concurrency: 1 })],
      call: () => promise,
    });
    await consumers.start(current.config);
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
    await consumers.stop();
  });
});
