import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleConfig, sampleFunction } from "../support/sample.ts";
import { sampleMessage, scriptedSubscriptions, turn } from "../support/scripted-consumers.ts";

const POLLED = sampleFunction("f", { run: { kind: "runtimeApi" } });

describe("former queues of functions that poll", () => {
  it("A former queue is emptied into the function's own while its polls wait there", async () => {
    const { broker, current, subscriptions, passTime } = scriptedSubscriptions({ functions: [POLLED] });
    let ready = 0;
    broker.depthOf = () => Promise.resolve({ ready, consumers: 0 });
    await subscriptions.start(current.config);
    await turn();
    assert.equal(broker.of("busbar.container.f"), undefined);
    // A retry comes out of the delay ladder, addressed when the function was a push container.
    ready = 1;
    await passTime();
    await broker.hand(sampleMessage("busbar.container.f"));
    assert.deepEqual(
      broker.stored.map(({ queue, id }) => [queue, id]),
      [["busbar.function.f", "d-1"]],
    );
    ready = 0;
    await passTime();
    assert.equal(broker.of("busbar.container.f")?.state, "stopped");
    await subscriptions.stop();
  });

  it("A former queue is not read once the function does not poll any more", async () => {
    const { broker, current, subscriptions, passTime } = scriptedSubscriptions({ functions: [POLLED] });
    broker.depthOf = () => Promise.resolve({ ready: 0, consumers: 0 });
    await subscriptions.start(current.config);
    await turn();
    await Promise.all(subscriptions.reconcile(sampleConfig({ functions: [] })));
    broker.depthOf = () => Promise.resolve({ ready: 1, consumers: 0 });
    await passTime();
    assert.equal(broker.of("busbar.container.f"), undefined);
    await subscriptions.stop();
  });
});
