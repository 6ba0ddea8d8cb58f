import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";
import { sampleMessage, scriptedConsumers, turn } from "../../../support/rabbitmq/scripted-consumers.ts";

const POLLED = sampleFunction("f", { run: { kind: "runtimeApi" } });
const CONTAINER = sampleFunction("f", { run: { kind: "container", url: "http://127.0.0.1:9" } });
const FORMER = "busbar.container.f";

/** A function whose former queue answers as a list says, one answer each time it is asked for. */
function askedFormerQueue(answers: (number | undefined | Error)[]) {
  const scripted = scriptedConsumers({ functions: [sampleFunction("f")] });
  const asked = { times: 0 };
  scripted.broker.depthOf = (queue) => {
    // That of a function that kept an order is not there.
    if (queue !== FORMER) return Promise.resolve(undefined);
    const answer = answers[asked.times++];
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(answer === undefined ? undefined : { ready: answer, consumers: 0 });
  };
  return { ...scripted, asked };
}

describe("former queues", () => {
  it("A former queue is asked for again at once while messages wait there", async () => {
    const { broker, current, consumers, asked, passTime } = askedFormerQueue([2, 1, 0, 9]);
    await consumers.start(current.config);
    await turn();
    assert.equal(asked.times, 2);
    await passTime(250);
    assert.deepEqual([asked.times, broker.of(FORMER)?.state], [3, "stopped"]);
    await passTime(14_999);
    assert.equal(asked.times, 3);
    await consumers.stop();
  });

  it("A former queue is asked for every 15 s when it is empty, since routers with an older configuration may fill it", async () => {
    const { broker, current, consumers, passTime } = askedFormerQueue([0, 3, 3]);
    await consumers.start(current.config);
    await turn();
    await passTime(14_999);
    assert.equal(broker.of(FORMER), undefined);
    await passTime(15_000);
    assert.equal(broker.of(FORMER)?.state, "running");
    await consumers.stop();
  });

  it("A former queue is asked for every 5 minutes only when there is none, since that leaves an error in the broker's log", async () => {
    const { broker, current, consumers, asked, passTime } = askedFormerQueue([undefined, 3, 3]);
    await consumers.start(current.config);
    await turn();
    for (let times = 0; times < 20; times++) await passTime(299_999);
    assert.equal(asked.times, 1);
    await passTime(300_000);
    assert.equal(broker.of(FORMER)?.state, "running");
    await consumers.stop();
  });

  it("counts as empty while the broker cannot be asked", async () => {
    const { broker, current, consumers, passTime } = askedFormerQueue([new Error("there is no connection"), 3, 3]);
    await consumers.start(current.config);
    await turn();
    assert.equal(broker.of(FORMER), undefined);
    await passTime(15_000);
    assert.equal(broker.of(FORMER)?.state, "running");
    await consumers.stop();
  });

  it("A former queue is that of most kinds for a push container, and is emptied into the container's own", async () => {
    const { broker, current, consumers } = scriptedConsumers({ functions: [CONTAINER] });
    broker.depthOf = (queue) => Promise.resolve({ ready: queue === "busbar.function.f" ? 1 : 0, consumers: 0 });
    await consumers.start(current.config);
    await turn();
    await broker.hand(sampleMessage("busbar.function.f"));
    assert.deepEqual(
      broker.stored.map(({ queue, id }) => [queue, id]),
      [[FORMER, "d-1"]],
    );
    await consumers.stop();
  });

  it("A former queue is another one once the kind changes: what waits in the queue that was the function's own is moved", async () => {
    const { broker, current, consumers, passTime } = scriptedConsumers({ functions: [sampleFunction("f")] });
    broker.depthOf = (queue) => Promise.resolve({ ready: queue === "busbar.function.f" ? 1 : 0, consumers: 0 });
    await consumers.start(current.config);
    const own = broker.of("busbar.function.f");
    current.config = sampleConfig({ functions: [POLLED] });
    await consumers.follow(current.config);
    assert.equal(broker.of("busbar.function.f"), own, "a function that polls from now on keeps its queue");
    current.config = sampleConfig({ functions: [CONTAINER] });
    await consumers.follow(current.config);
    await passTime(1_000);
    assert.notEqual(broker.of("busbar.function.f"), own);
    await broker.hand(sampleMessage("busbar.function.f"));
    assert.deepEqual(
      broker.stored.map(({ queue }) => queue),
      [FORMER],
    );
    await consumers.stop();
  });
});

describe("former queues of functions that keep an order, or kept one", () => {
  const ORDERED = sampleFunction("f", { orderBy: { path: "$.detail.id", whenFailed: "skip" } });

  it("A former queue is emptied into the function's own one message at a time, since the order counts", async () => {
    const { broker, current, consumers } = scriptedConsumers({ functions: [ORDERED] });
    broker.depthOf = (queue) => Promise.resolve({ ready: queue === "busbar.function.f" ? 1 : 0, consumers: 0 });
    await consumers.start(current.config);
    await turn();
    assert.equal(broker.of("busbar.function.f")?.limit, 1);
    await broker.hand(sampleMessage("busbar.function.f"));
    assert.deepEqual(
      broker.stored.map(({ queue }) => queue),
      ["busbar.ordered.f"],
    );
    await consumers.stop();
  });

  it("The queue of a function's batches is a former one while no target has batches", async () => {
    const to = { kind: "function", name: "f" } as const;
    const rules = [
      sampleRule("r", { source: ["x"] }, [sampleTarget("t", to, { batch: { size: 2, windowSeconds: 60 } })]),
    ];
    for (const batched of [false, true]) {
      const { broker, current, consumers } = scriptedConsumers({
        functions: [sampleFunction("f")],
        rules: batched ? rules : [],
      });
      broker.depthOf = (queue) => Promise.resolve({ ready: queue === "busbar.batch.f" ? 1 : 0, consumers: 0 });
      await consumers.start(current.config);
      await turn();
      assert.equal(broker.of("busbar.batch.f")?.state, "running");
      assert.equal(broker.of("busbar.batch.f")?.limit, batched ? 64 : 10, "a hand of batches, or of moves");
      if (!batched) {
        await broker.hand(sampleMessage("busbar.batch.f"));
        assert.deepEqual(
          broker.stored.map(({ queue }) => queue),
          ["busbar.function.f"],
        );
      }
      await consumers.stop();
    }
  });

  it("A former queue may be that of the order", async () => {
    const { broker, current, consumers } = scriptedConsumers({ functions: [sampleFunction("f")] });
    broker.depthOf = (queue) => Promise.resolve({ ready: queue === "busbar.ordered.f" ? 1 : 0, consumers: 0 });
    await consumers.start(current.config);
    await turn();
    await broker.hand(sampleMessage("busbar.ordered.f"));
    assert.deepEqual(
      broker.stored.map(({ queue }) => queue),
      ["busbar.function.f"],
    );
    await consumers.stop();
  });
});

describe("former queues of functions that poll", () => {
  it("A former queue is emptied into the function's own while its polls wait there", async () => {
    const { broker, current, consumers, passTime } = scriptedConsumers({ functions: [POLLED] });
    let ready = 0;
    broker.depthOf = () => Promise.resolve({ ready, consumers: 0 });
    await consumers.start(current.config);
    await turn();
    assert.equal(broker.of(FORMER), undefined);
    // A retry comes out of the delay ladder, addressed when the function was a push container.
    ready = 1;
    await passTime();
    await broker.hand(sampleMessage(FORMER));
    assert.deepEqual(
      broker.stored.map(({ queue, id }) => [queue, id]),
      [["busbar.function.f", "d-1"]],
    );
    ready = 0;
    await passTime();
    assert.equal(broker.of(FORMER)?.state, "stopped");
    await consumers.stop();
  });

  it("A former queue is left as it is while the function is paused", async () => {
    const { broker, current, pause, consumers, passTime } = scriptedConsumers({ functions: [POLLED] });
    broker.depthOf = () => Promise.resolve({ ready: 1, consumers: 0 });
    pause("function/f", true);
    await consumers.start(current.config);
    await passTime();
    assert.equal(broker.of(FORMER), undefined);
    pause("function/f", false);
    await passTime();
    assert.equal(broker.of(FORMER)?.state, "running");
    await consumers.stop();
  });

  it("A former queue is left as it is once the function does not poll any more", async () => {
    const { broker, current, consumers, passTime } = scriptedConsumers({ functions: [POLLED] });
    broker.depthOf = () => Promise.resolve({ ready: 0, consumers: 0 });
    await consumers.start(current.config);
    await turn();
    await consumers.follow(sampleConfig({ functions: [] }));
    broker.depthOf = () => Promise.resolve({ ready: 1, consumers: 0 });
    await passTime();
    assert.equal(broker.of(FORMER), undefined);
    await consumers.stop();
  });
});
